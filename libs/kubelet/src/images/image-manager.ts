/**
 * Sees to it that an image is on the node when a container needs it, as its pull policy says, with back-off
 * after failures and a bound on pulls at one time.
 *
 * Upstream: pkg/kubelet/images/image_manager.go EnsureImageExists @1.36
 */
import type { Container, ObjectReference, Pod, Secret } from "@kubets/api/core/v1";
import type { ContainerRuntime, Image, RegistryAuth, SandboxConfig } from "@kubets/cri";
import { RuntimeError } from "@kubets/cri";
import { type Clock, formatDuration } from "@kubets/service";
import type { EventSink } from "../events/event-sink.ts";
import { errorText } from "../kubelet-error.ts";
import { BackOff } from "../pod/back-off.ts";
import { uidOf } from "../pod/pod-facts.ts";
import { withDefaultTag } from "./image-name.ts";
import { pullCredentials } from "./pull-credentials.ts";

export interface ImageManagerOptions {
  readonly runtime: ContainerRuntime;
  readonly events: EventSink;
  readonly clock: Clock;
  /** 1: one after the other. Upstream: --serialize-image-pulls, --max-parallel-image-pulls. */
  readonly parallelPullsMax: number;
  readonly onPulled?: (seconds: number) => void;
}

export interface ImageRequest {
  readonly pod: Pod;
  readonly container: Container;
  readonly ref: ObjectReference;
  readonly secrets: readonly Secret[];
  readonly sandbox: SandboxConfig;
  readonly signal: AbortSignal;
}

/** The image, or why it is not there: the reason and message of the container's Waiting state. */
export type ImageOutcome =
  | { readonly found: true; readonly imageRef: string; readonly image: Image | undefined }
  | {
      readonly found: false;
      readonly reason: string;
      readonly message: string;
      /** When a new try makes sense. */
      readonly retryAtMs?: number;
    };

const BACK_OFF_INITIAL_MS = 10_000;
const BACK_OFF_MAX_MS = 300_000;

/**
 * When a failed pull is looked at again: the first time the sandbox is new and the next relist tells of it,
 * later nothing does.
 *
 * Upstream: plegRelistPeriod, backOffPeriod in pkg/kubelet/kubelet.go @1.36
 */
const RELIST_MS = 1_000;
const RETRY_MS = 10_000;

export class ImageManager {
  readonly #options: ImageManagerOptions;
  readonly #backOff = new BackOff({ initialMs: BACK_OFF_INITIAL_MS, maxMs: BACK_OFF_MAX_MS });
  readonly #lastErrors = new Map<string, string>();
  readonly #waiting: (() => void)[] = [];
  #pulls = 0;

  constructor(options: ImageManagerOptions) {
    this.#options = options;
  }

  async ensure(request: ImageRequest): Promise<ImageOutcome> {
    const { events } = this.#options;
    const { container, ref } = request;
    const named = container.image ?? "";
    let image: string;
    try {
      image = withDefaultTag(named);
    } catch (error) {
      const message = `Failed to apply default image tag ${quote(named)}: ${errorText(error)}`;
      events.warning(ref, "InspectFailed", message);
      return { found: false, reason: "InvalidImageName", message };
    }
    const policy = container.imagePullPolicy ?? "IfNotPresent";
    if (policy !== "Always") {
      const present = await this.#inspect(request, image);
      if ("found" in present) return present;
      if (present.image !== undefined) {
        const message = `Container image ${quote(named)} already present on machine and can be accessed by the pod`;
        events.normal(ref, "Pulled", message);
        return { found: true, imageRef: present.image.id, image: present.image };
      }
      if (policy === "Never") {
        const message = `Container image ${quote(named)} is not present with pull policy of Never`;
        events.warning(ref, "ErrImageNeverPull", message);
        return { found: false, reason: "ErrImageNeverPull", message };
      }
    }
    return this.#pull(request, image, named);
  }

  forget(podUid: string): void {
    const belongs = (key: string) => key.startsWith(`${podUid}_`);
    this.#backOff.forget(belongs);
    for (const key of this.#lastErrors.keys()) if (belongs(key)) this.#lastErrors.delete(key);
  }

  async #inspect(
    request: ImageRequest,
    image: string,
  ): Promise<{ image: Image | undefined } | (ImageOutcome & { found: false })> {
    const { runtime, events } = this.#options;
    try {
      return { image: await runtime.imageStatus(image, { signal: request.signal }) };
    } catch (error) {
      const named = request.container.image ?? "";
      const message = `Failed to inspect image ${quote(named)}: ${pullErrorText(error)}`;
      events.warning(request.ref, "InspectFailed", message);
      return { found: false, reason: "ImageInspectError", message };
    }
  }

  async #pull(request: ImageRequest, image: string, named: string): Promise<ImageOutcome> {
    const { events, clock } = this.#options;
    const { ref } = request;
    const key = `${uidOf(request.pod)}_${named}`;
    const waitUntilMs = this.#backOff.waitUntilAfterUpdate(key, clock.now());
    if (waitUntilMs !== undefined) {
      const message = `Back-off pulling image ${quote(named)}`;
      events.normal(ref, "BackOff", message);
      const last = this.#lastErrors.get(key);
      return {
        found: false,
        reason: "ImagePullBackOff",
        message: last === undefined ? message : `${message}: ${last}`,
        retryAtMs: waitUntilMs,
      };
    }
    this.#lastErrors.delete(key);
    events.normal(ref, "Pulling", `Pulling image ${quote(named)}`);
    const startMs = clock.monotonicMs();
    try {
      const pulled = await this.#inTurn(request.signal, () => this.#pullNow(request, image));
      const waitedMs = Math.floor(clock.monotonicMs() - startMs);
      this.#options.onPulled?.(waitedMs / 1000);
      const took = formatDuration(Math.floor(pulled.tookMs));
      events.normal(
        ref,
        "Pulled",
        `Successfully pulled image ${quote(named)} in ${took} (${formatDuration(waitedMs)} including waiting). Image size: ${pulled.image?.sizeBytes ?? 0} bytes.`,
      );
      return { found: true, imageRef: pulled.imageRef, image: pulled.image };
    } catch (error) {
      if (request.signal.aborted) throw error;
      const text = pullErrorText(error);
      events.warning(ref, "Failed", `Failed to pull image ${quote(named)}: ${text}`);
      this.#backOff.next(key, clock.now(), clock.now());
      this.#lastErrors.set(key, `ErrImagePull: ${text}`);
      // That look finds the back-off and shows it.
      const isFirst = this.#backOff.delayOf(key) === BACK_OFF_INITIAL_MS;
      const retryAtMs = clock.now() + (isFirst ? RELIST_MS : RETRY_MS);
      return { found: false, reason: "ErrImagePull", message: text, retryAtMs };
    }
  }

  /** Tries each credential that applies; without any, asks as nobody. */
  async #pullNow(request: ImageRequest, image: string) {
    const { runtime, clock } = this.#options;
    const startMs = clock.monotonicMs();
    const credentials: (RegistryAuth | undefined)[] = pullCredentials(image, request.secrets);
    if (credentials.length === 0) credentials.push(undefined);
    const call = { signal: request.signal };
    let failure: unknown;
    for (const auth of credentials) {
      try {
        const imageRef = await runtime.pullImage(image, auth, request.sandbox, call);
        const tookMs = clock.monotonicMs() - startMs;
        return { imageRef, tookMs, image: await runtime.imageStatus(imageRef, call) };
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  async #inTurn<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    while (this.#pulls >= this.#options.parallelPullsMax) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    signal.throwIfAborted();
    this.#pulls += 1;
    try {
      return await task();
    } finally {
      this.#pulls -= 1;
      this.#waiting.shift()?.();
    }
  }
}

function pullErrorText(error: unknown): string {
  return error instanceof RuntimeError ? error.rpcText : errorText(error);
}

function quote(text: string): string {
  return JSON.stringify(text);
}
