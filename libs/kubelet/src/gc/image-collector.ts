/**
 * Removes images that nothing uses when the disk they lie on gets full: those that were used longest ago
 * first, until it is less full.
 *
 * Upstream: pkg/kubelet/images/image_gc_manager.go GarbageCollect @1.36
 */
import { statfs } from "node:fs/promises";
import type { Image } from "@kubets/cri";
import { type Clock, type Logger, type Runnable, sleep } from "@kubets/service";
import { type EventSink, nodeReference } from "../events/event-sink.ts";
import type { PodContext } from "../worker/pod-context.ts";

export interface ImageCollectorOptions {
  readonly context: Pick<PodContext, "runtime">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: EventSink;
  readonly nodeName: string;
  /** Bytes and free bytes of the file system at a path. */
  readonly readDisk?: (path: string) => Promise<Disk>;
}

export interface Disk {
  readonly bytes: number;
  readonly freeBytes: number;
}

/** Upstream: ImageGCPeriod, imageGCHighThresholdPercent, imageGCLowThresholdPercent, imageMinimumGCAge. */
const PERIOD_MS = 300_000;
const HIGH_PERCENT = 85;
const LOW_PERCENT = 80;
const AGE_MS_MIN = 120_000;

interface Record {
  readonly firstSeenMs: number;
  lastUsedMs: number;
}

export class ImageCollector implements Runnable {
  readonly name = "image-collector";
  readonly #options: ImageCollectorOptions;
  readonly #stopping = new AbortController();
  readonly #records = new Map<string, Record>();
  #task: Promise<void> | undefined;

  constructor(options: ImageCollectorOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#task = this.#runForever();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#task;
  }

  /** One round. Resolves with how many bytes were freed. */
  async collect(): Promise<number> {
    const { context, clock, events, nodeName } = this.#options;
    const unused = await this.#unusedImages();
    const [filesystem] = await context.runtime.imageFilesystems();
    if (filesystem === undefined) return 0;
    const disk = await (this.#options.readDisk ?? readDisk)(filesystem.mountpoint || "/");
    const usedPercent = 100 - Math.floor((disk.freeBytes * 100) / disk.bytes);
    if (disk.bytes === 0 || usedPercent < HIGH_PERCENT) return 0;
    const wantedBytes = Math.ceil((disk.bytes * (100 - LOW_PERCENT)) / 100) - disk.freeBytes;
    let freedBytes = 0;
    for (const { image, record } of unused) {
      if (freedBytes >= wantedBytes) break;
      // An image that has just come is about to be used.
      if (clock.now() - record.firstSeenMs < AGE_MS_MIN) continue;
      await context.runtime.removeImage(image.id);
      this.#records.delete(image.id);
      freedBytes += image.sizeBytes;
    }
    if (freedBytes < wantedBytes) {
      events.warning(
        nodeReference(nodeName),
        "FreeDiskSpaceFailed",
        `Failed to garbage collect required amount of images. Attempted to free ${wantedBytes} bytes, but only found ${freedBytes} bytes eligible to free.`,
      );
    }
    return freedBytes;
  }

  /** Longest unused first. Also keeps the books on what is used. */
  async #unusedImages(): Promise<{ image: Image; record: Record }[]> {
    const { context, clock } = this.#options;
    const nowMs = clock.now();
    const [images, containers] = await Promise.all([
      context.runtime.listImages(),
      context.runtime.listContainers(),
    ]);
    const used = new Set(containers.flatMap(({ image, imageRef }) => [image, imageRef]));
    const unused: { image: Image; record: Record }[] = [];
    for (const image of images) {
      const record = this.#records.get(image.id) ?? { firstSeenMs: nowMs, lastUsedMs: 0 };
      this.#records.set(image.id, record);
      const names = [image.id, ...image.repoTags, ...image.repoDigests];
      const isUsed = image.pinned || isPause(image) || names.some((name) => used.has(name));
      if (isUsed) record.lastUsedMs = nowMs;
      else unused.push({ image, record });
    }
    const present = new Set(images.map(({ id }) => id));
    for (const id of this.#records.keys()) if (!present.has(id)) this.#records.delete(id);
    return unused.sort(
      (a, b) =>
        a.record.lastUsedMs - b.record.lastUsedMs || a.record.firstSeenMs - b.record.firstSeenMs,
    );
  }

  async #runForever(): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await sleep(clock, PERIOD_MS, signal).catch(() => {});
      if (signal.aborted) return;
      await this.collect().catch((error: unknown) => {
        if (!signal.aborted) logger.warn("images could not be cleared up", { error });
      });
    }
  }
}

/** Sandboxes need it though no container names it; containerd 1.6 does not mark it as pinned. */
function isPause(image: Image): boolean {
  return image.repoTags.some((tag) => /(^|\/)pause:/.test(tag));
}

async function readDisk(path: string): Promise<Disk> {
  const { blocks, bavail, bsize } = await statfs(path);
  return { bytes: blocks * bsize, freeBytes: bavail * bsize };
}
