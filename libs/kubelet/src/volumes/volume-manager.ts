/**
 * The volumes of this node's pods: makes them before containers start, brings their contents up to date
 * when what they are made of changes, and takes them away when the pod is gone.
 *
 * Contents that come from Secrets or hold tokens lie in one file system in memory, never on disk.
 */
import { chmod, chown, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { quantityValue } from "@kubets/api";
import type { Pod, Volume } from "@kubets/api/core/v1";
import { errorText, KubeletError } from "../kubelet-error.ts";
import { specOf, uidOf } from "../pod/pod-facts.ts";
import { writeAtomically } from "./atomic-writer.ts";
import { prepareHostPath } from "./host-path.ts";
import type { Mounter } from "./mounter.ts";
import { type PayloadInput, volumePayload } from "./payload.ts";

export interface MountedVolume {
  readonly hostPath: string;
  readonly readonly: boolean;
}

/** A volume could not be made; the text is that of the FailedMount event. */
export class VolumeError extends KubeletError {
  readonly volume: string;
  constructor(volume: string, cause: unknown) {
    const code = cause instanceof KubeletError ? cause.code : "hostFailure";
    super(code, `MountVolume.SetUp failed for volume "${volume}" : ${errorText(cause)}`, { cause });
    this.volume = volume;
  }
}

export interface VolumeManagerOptions {
  readonly rootDir: string;
  readonly mounter: Mounter;
  /** Without it, secrets lie below `rootDir` too: for runtimes without real processes. */
  readonly keepsSecretsInMemory: boolean;
  /** A name part for each writing. */
  readonly makeStamp: () => string;
}

export class VolumeManager {
  readonly #options: VolumeManagerOptions;

  constructor(options: VolumeManagerOptions) {
    this.#options = options;
  }

  /** Makes the folders that all pods share. */
  async start(): Promise<void> {
    const { rootDir, mounter, keepsSecretsInMemory } = this.#options;
    await mkdir(join(rootDir, "pods"), { recursive: true, mode: 0o750 });
    if (!keepsSecretsInMemory) return;
    const memory = this.#memoryDir();
    await mkdir(memory, { recursive: true, mode: 0o750 });
    if ((await mounter.mountsBelow(memory)).length === 0) await mounter.mountTmpfs(memory, 0);
  }

  podDir(podUid: string): string {
    return join(this.#options.rootDir, "pods", podUid);
  }

  /** Makes or refreshes every volume of the pod. Throws VolumeError for the first that cannot be. */
  async ensure(pod: Pod, input: PayloadInput): Promise<ReadonlyMap<string, MountedVolume>> {
    const volumes = specOf(pod).volumes ?? [];
    const made = await Promise.allSettled(volumes.map((volume) => this.#make(pod, volume, input)));
    const mounted = new Map<string, MountedVolume>();
    for (const [index, result] of made.entries()) {
      const name = volumes[index]?.name ?? "";
      if (result.status === "rejected") throw new VolumeError(name, result.reason);
      mounted.set(name, result.value);
    }
    return mounted;
  }

  /** Unmounts and removes everything of a pod. */
  async remove(podUid: string): Promise<void> {
    const { mounter } = this.#options;
    const directories = [this.podDir(podUid), join(this.#memoryDir(), podUid)];
    for (const directory of directories) {
      for (const point of await mounter.mountsBelow(directory)) await mounter.unmount(point);
      await rm(directory, { recursive: true, force: true });
    }
  }

  /** The pods that have something here. */
  async podUids(): Promise<string[]> {
    const lists = await Promise.all(
      [join(this.#options.rootDir, "pods"), this.#memoryDir()].map((directory) =>
        readdir(directory).catch((): string[] => []),
      ),
    );
    return [...new Set(lists.flat())];
  }

  async #make(pod: Pod, volume: Volume, input: PayloadInput): Promise<MountedVolume> {
    if (volume.hostPath !== undefined) {
      await prepareHostPath(volume.hostPath.path, volume.hostPath.type ?? "");
      return { hostPath: volume.hostPath.path, readonly: false };
    }
    if (volume.emptyDir !== undefined) return this.#makeEmptyDir(pod, volume);
    const payload = await volumePayload(volume, input);
    if (payload === undefined) {
      const [kind = "of an unknown kind"] = Object.keys(volume).filter((key) => key !== "name");
      throw new KubeletError("invalidSpec", `volumes of type ${kind} are not supported`);
    }
    const hostPath = this.#payloadDir(pod, volume);
    const gid = specOf(pod).securityContext?.fsGroup;
    await writeAtomically({
      directory: hostPath,
      payload:
        gid === undefined
          ? payload
          : new Map(
              [...payload].map(([path, file]) => [path, { ...file, mode: file.mode | 0o440 }]),
            ),
      ...(gid === undefined ? {} : { gid }),
      stamp: this.#options.makeStamp(),
    });
    return { hostPath, readonly: true };
  }

  async #makeEmptyDir(pod: Pod, volume: Volume): Promise<MountedVolume> {
    const { mounter, keepsSecretsInMemory } = this.#options;
    const { medium = "", sizeLimit } = volume.emptyDir ?? {};
    const hostPath = this.#volumeDir(pod, "empty-dir", volume.name);
    await mkdir(hostPath, { recursive: true });
    if (medium === "Memory" && keepsSecretsInMemory) {
      if ((await mounter.mountsBelow(hostPath)).length === 0) {
        await mounter.mountTmpfs(
          hostPath,
          sizeLimit === undefined ? 0 : Number(quantityValue(sizeLimit)),
        );
      }
    }
    // Every user of the pod may write; with an fsGroup, what they make belongs to that group.
    const gid = specOf(pod).securityContext?.fsGroup;
    if (gid !== undefined) await chown(hostPath, 0, gid);
    await chmod(hostPath, gid === undefined ? 0o777 : 0o2777);
    return { hostPath, readonly: false };
  }

  #payloadDir(pod: Pod, volume: Volume): string {
    const isSecret =
      volume.secret !== undefined ||
      (volume.projected?.sources ?? []).some(
        ({ secret, serviceAccountToken }) =>
          secret !== undefined || serviceAccountToken !== undefined,
      );
    if (isSecret && this.#options.keepsSecretsInMemory) {
      return join(this.#memoryDir(), uidOf(pod), volume.name);
    }
    const plugin =
      volume.configMap !== undefined
        ? "configmap"
        : volume.secret !== undefined
          ? "secret"
          : volume.downwardAPI !== undefined
            ? "downward-api"
            : "projected";
    return this.#volumeDir(pod, plugin, volume.name);
  }

  #volumeDir(pod: Pod, plugin: string, name: string): string {
    return join(this.podDir(uidOf(pod)), "volumes", `kubernetes.io~${plugin}`, name);
  }

  #memoryDir(): string {
    return join(this.#options.rootDir, "memory");
  }
}
