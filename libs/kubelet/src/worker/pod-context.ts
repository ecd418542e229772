/** All that a pod's worker works with. One object for the whole node. */
import type { Pod, Service } from "@kubets/api/core/v1";
import type { ContainerRuntime } from "@kubets/cri";
import type { Clock, Logger } from "@kubets/service";
import type { CgroupManager } from "../cgroups/cgroup-manager.ts";
import type { ObjectWatches } from "../config/object-watches.ts";
import type { DnsSettings } from "../container/dns.ts";
import type { EventSink } from "../events/event-sink.ts";
import type { ImageManager } from "../images/image-manager.ts";
import type { KubeletMetrics } from "../kubelet-metrics.ts";
import type { HookRunner } from "../lifecycle/hook-runner.ts";
import type { BackOff } from "../pod/back-off.ts";
import type { ProbeManager } from "../probes/probe-manager.ts";
import type { PodRuntimeReader } from "../runtime/pod-runtime-reader.ts";
import type { RuntimeWatch } from "../runtime/runtime-watch.ts";
import type { StatusManager } from "../status/status-manager.ts";
import type { Mounter } from "../volumes/mounter.ts";
import type { TokenSource } from "../volumes/token-source.ts";
import type { VolumeManager } from "../volumes/volume-manager.ts";

export interface NodeFacts {
  readonly hostIps: readonly string[];
  readonly allocatable: Readonly<Record<string, string>>;
  readonly memoryCapacityBytes: number;
}

/** Why a pod is ended though nobody deleted it: the reason and message of its status. */
export interface Verdict {
  readonly reason: string;
  readonly message: string;
}

export interface PodContext {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: EventSink;
  readonly metrics: KubeletMetrics;
  readonly statuses: StatusManager;
  readonly probes: ProbeManager;
  readonly images: ImageManager;
  readonly volumes: VolumeManager;
  readonly mounter: Mounter;
  readonly cgroups: CgroupManager;
  readonly config: ObjectWatches;
  readonly tokens: TokenSource;
  readonly reader: PodRuntimeReader;
  readonly runtimeWatch: RuntimeWatch;
  readonly hooks: HookRunner;
  readonly restartBackOff: BackOff;
  readonly podLogsDir: string;
  readonly seccompDefault: boolean;
  readonly seccompRoot: string;
  /** Containers are real processes; false for the simulated runtime. */
  readonly realProcesses: boolean;
  readonly supportsRecursiveReadOnly: () => boolean;
  readonly supportsUserNamespaces: () => boolean;
  readonly node: () => NodeFacts;
  /** What the burstable pods of the node ask for together. */
  readonly burstableMilliCpu: () => number;
  /** The runtime's name for a RuntimeClass. Throws KubeletError when there is no such class. */
  readonly runtimeHandler: (runtimeClass: string | undefined) => Promise<string>;
  readonly dns: () => DnsSettings;
  readonly services: () => Iterable<Service>;
  /** Resolves when the Services have been listed once. */
  readonly servicesSynced: (signal: AbortSignal) => Promise<void>;
  /** Why pods cannot get a network now. */
  readonly networkError: () => string | undefined;
  /** Whether the node takes a pod that it does not run yet. */
  readonly admit: (pod: Pod) => Verdict | undefined;
}
