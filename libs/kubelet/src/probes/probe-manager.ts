/**
 * The probes of this node's containers: one worker for each probe, its latest result by container id, and
 * word to the pod's worker when a result changes.
 *
 * Upstream: pkg/kubelet/prober/prober_manager.go, worker.go @1.36
 */
import type { Container, Pod, PodStatus } from "@kubets/api/core/v1";
import type { Clock, Logger } from "@kubets/service";
import { containerReference, type EventSink } from "../events/event-sink.ts";
import type { ProbeKind, ProbeResult, ProbeResults } from "../pod/plan-input.ts";
import { containersOf, isSidecar, uidOf } from "../pod/pod-facts.ts";
import { latestContainer, type PodRuntime, podIps } from "../pod/pod-runtime.ts";
import type { ContainerProber } from "./container-probes.ts";
import { ProbeWorker } from "./probe-worker.ts";

export interface ProbeManagerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: EventSink;
  readonly prober: ContainerProber;
  /** For pods in the node's network. */
  readonly hostIp: () => string;
  /** A result of one of the pod's containers has changed. */
  readonly onChange: (podUid: string) => void;
}

/** What a container's probes have to know about it, as the last look at the runtime had it. */
export interface ProbedContainer {
  readonly id: string;
  readonly isRunning: boolean;
  readonly startedAtMs: number;
  /** As the API has it. */
  readonly wasStarted: boolean;
  readonly wasReady: boolean;
}

const KINDS = ["startup", "liveness", "readiness"] as const;

export class ProbeManager implements ProbeResults {
  readonly #options: ProbeManagerOptions;
  readonly #workers = new Map<string, Map<string, ProbeWorker>>();
  readonly #results = new Map<string, Map<ProbeKind, ProbeResult>>();

  constructor(options: ProbeManagerOptions) {
    this.#options = options;
  }

  result(containerId: string, kind: ProbeKind): ProbeResult | undefined {
    return this.#results.get(containerId)?.get(kind);
  }

  /**
   * Tells the probes what the runtime holds now: new containers begin to be probed, gone ones are
   * forgotten. While the pod ends, only readiness is looked at. `previous`: a container that was ready and
   * started before a kubelet began anew stays so until a probe says otherwise.
   */
  observe(
    pod: Pod,
    runtime: PodRuntime,
    options: { readonly isEnding: boolean; readonly previous: PodStatus },
  ): void {
    const uid = uidOf(pod);
    const workers = this.#workers.get(uid) ?? new Map<string, ProbeWorker>();
    this.#workers.set(uid, workers);
    const podIp = podIps(runtime)[0] ?? this.#options.hostIp();
    for (const { kind: containerKind, container } of containersOf(pod)) {
      if (containerKind === "ephemeral") continue;
      if (containerKind === "init" && !isSidecar(container)) continue;
      const latest = latestContainer(runtime, container.name);
      for (const kind of KINDS) {
        const probe = container[`${kind}Probe`];
        if (probe === undefined) continue;
        const key = `${container.name}/${kind}`;
        let worker = workers.get(key);
        if (options.isEnding && kind !== "readiness") {
          worker?.stop();
          workers.delete(key);
          continue;
        }
        if (worker === undefined) {
          worker = this.#makeWorker(pod, container, kind);
          workers.set(key, worker);
        }
        worker.observe({
          pod,
          podIp,
          container:
            latest === undefined
              ? undefined
              : {
                  id: latest.id,
                  isRunning: latest.state === "running",
                  startedAtMs: latest.startedAtMs,
                  ...statedBefore(options.previous, latest.id),
                },
        });
      }
    }
    this.#forgetGone(pod, runtime);
  }

  remove(podUid: string): void {
    for (const worker of this.#workers.get(podUid)?.values() ?? []) worker.stop();
    this.#workers.delete(podUid);
    for (const [id, owner] of this.#owners) if (owner === podUid) this.#drop(id);
  }

  stop(): void {
    for (const uid of [...this.#workers.keys()]) this.remove(uid);
  }

  readonly #owners = new Map<string, string>();

  #makeWorker(pod: Pod, container: Container, kind: ProbeKind): ProbeWorker {
    const { clock, logger, events, prober, onChange } = this.#options;
    const uid = uidOf(pod);
    return new ProbeWorker({
      kind,
      container,
      clock,
      prober,
      logger,
      isStarted: (containerId) =>
        container.startupProbe === undefined || this.result(containerId, "startup") === "success",
      onResult: (containerId, result) => {
        const known = this.#results.get(containerId) ?? new Map<ProbeKind, ProbeResult>();
        const before = known.get(kind);
        this.#results.set(containerId, known.set(kind, result));
        this.#owners.set(containerId, uid);
        if (before !== result) {
          onChange(uid);
          if (kind === "startup" && result === "success") this.#wakeOthers(uid);
        }
      },
      onTrouble: (current, reason, message) =>
        events.warning(containerReference(current, container), reason, message),
    });
  }

  /** The other probes of a container wait until it has started; they begin at once then. */
  #wakeOthers(podUid: string): void {
    for (const worker of this.#workers.get(podUid)?.values() ?? []) worker.wake();
  }

  #forgetGone(pod: Pod, runtime: PodRuntime): void {
    const uid = uidOf(pod);
    const present = new Set(runtime.containers.map(({ id }) => id));
    for (const [id, owner] of this.#owners) {
      if (owner === uid && !present.has(id)) this.#drop(id);
    }
  }

  #drop(containerId: string): void {
    this.#results.delete(containerId);
    this.#owners.delete(containerId);
  }
}

function statedBefore(previous: PodStatus, id: string) {
  const found = [
    ...(previous.containerStatuses ?? []),
    ...(previous.initContainerStatuses ?? []),
  ].find(({ containerID }) => containerID?.endsWith(`://${id}`) === true);
  return { wasStarted: found?.started === true, wasReady: found?.ready === true };
}
