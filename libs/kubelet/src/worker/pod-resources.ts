/** What a pod needs of the node around its containers: a cgroup, volumes, what it refers to. */
import { qosClass } from "@kubets/api";
import type { Pod } from "@kubets/api/core/v1";
import { KubeletError } from "../kubelet-error.ts";
import { uidOf } from "../pod/pod-facts.ts";
import { type PodRuntime, podIps } from "../pod/pod-runtime.ts";
import type { MountedVolume } from "../volumes/volume-manager.ts";
import type { PodContext } from "./pod-context.ts";

export class PodResources {
  readonly #context: PodContext;
  #volumes: ReadonlyMap<string, MountedVolume> | undefined;
  #hasCgroup = false;
  #cgroupGeneration: number | undefined;

  constructor(context: PodContext) {
    this.#context = context;
  }

  /** The pod, or something that it refers to, is not as it was. */
  contentsChanged(): void {
    this.#volumes = undefined;
  }

  /** Makes what is missing and brings the rest up to date. Throws VolumeError for a volume that cannot be made. */
  async ensure(pod: Pod, runtime: PodRuntime): Promise<ReadonlyMap<string, MountedVolume>> {
    await this.#ensureCgroup(pod);
    const context = this.#context;
    const refreshMs = context.tokens.nextRefreshMs(uidOf(pod));
    const isDue = refreshMs !== undefined && refreshMs <= context.clock.now();
    if (this.#volumes !== undefined && !isDue) return this.#volumes;
    const node = context.node();
    this.#volumes = await context.volumes.ensure(pod, {
      pod,
      around: { podIps: podIps(runtime), hostIps: node.hostIps, allocatable: node.allocatable },
      config: context.config,
      token: (of, spec) => context.tokens.token(of, spec),
    });
    return this.#volumes;
  }

  /** Nothing of the pod runs any more. */
  async remove(podUid: string): Promise<void> {
    const context = this.#context;
    await context.volumes.remove(podUid);
    if (!(await context.cgroups.remove(podUid))) {
      throw new KubeletError("hostFailure", "the pod's cgroup is still busy");
    }
    context.tokens.forget(podUid);
    context.images.forget(podUid);
    context.config.removePod(podUid);
    context.restartBackOff.forget((key) => key.startsWith(`${podUid}/`));
  }

  /** Made anew when the spec changed, since its limits are the pod's. */
  async #ensureCgroup(pod: Pod): Promise<void> {
    const { generation } = pod.metadata;
    if (this.#hasCgroup && this.#cgroupGeneration === generation) return;
    const { cgroups, burstableMilliCpu } = this.#context;
    await cgroups.ensure(pod);
    if (qosClass(pod) === "Burstable") await cgroups.setBurstableShares(burstableMilliCpu());
    this.#hasCgroup = true;
    this.#cgroupGeneration = generation;
  }
}
