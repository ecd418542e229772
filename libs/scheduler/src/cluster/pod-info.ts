/**
 * A pod with what the scheduler needs of it worked out once. Never changes; a new version of the pod is a
 * new PodInfo.
 */
import type { Container, Pod } from "@kubets/api/core/v1";
import { normalizedImageName } from "./image-name.ts";
import { type PodRequests, podRequests } from "./pod-requests.ts";

export interface HostPort {
  /** "0.0.0.0" stands for all addresses. */
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

export const DEFAULT_SCHEDULER_NAME = "default-scheduler";

export class PodInfo {
  readonly pod: Pod;
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly priority: number;
  readonly requests: PodRequests;
  readonly hostPorts: readonly HostPort[];
  readonly hasAffinity: boolean;
  readonly hasRequiredAntiAffinity: boolean;
  #images: readonly string[] | undefined;
  #signature: string | undefined;

  constructor(pod: Pod) {
    const { metadata, spec } = pod;
    const podAffinity = spec?.affinity?.podAffinity;
    const antiAffinity = spec?.affinity?.podAntiAffinity;
    this.pod = pod;
    this.uid = metadata.uid ?? "";
    this.name = metadata.name ?? "";
    this.namespace = metadata.namespace ?? "";
    this.labels = metadata.labels ?? {};
    this.priority = spec?.priority ?? 0;
    this.requests = podRequests(pod);
    this.hostPorts = hostPortsOf(pod);
    this.hasRequiredAntiAffinity = isFilled(
      antiAffinity?.requiredDuringSchedulingIgnoredDuringExecution,
    );
    this.hasAffinity =
      this.hasRequiredAntiAffinity ||
      isFilled(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution) ||
      isFilled(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution) ||
      isFilled(antiAffinity?.preferredDuringSchedulingIgnoredDuringExecution);
  }

  /** `namespace/name`. */
  get key(): string {
    return `${this.namespace}/${this.name}`;
  }
  get schedulerName(): string {
    return this.pod.spec?.schedulerName ?? DEFAULT_SCHEDULER_NAME;
  }
  get nodeName(): string {
    return this.pod.spec?.nodeName ?? "";
  }
  get nominatedNodeName(): string {
    return this.pod.status?.nominatedNodeName ?? "";
  }
  get isDeleting(): boolean {
    return this.pod.metadata.deletionTimestamp !== undefined;
  }
  /** Its containers have ended for good: it takes nothing any more. */
  get isTerminal(): boolean {
    const phase = this.pod.status?.phase;
    return phase === "Succeeded" || phase === "Failed";
  }
  /** The images of init and app containers, with their tags. */
  get images(): readonly string[] {
    this.#images ??= containersOf(this.pod).map((each) => normalizedImageName(each.image ?? ""));
    return this.#images;
  }
  /** Two pods of one signature get the same answers from every plugin that is node-local. */
  get signature(): string {
    this.#signature ??= signatureOf(this.pod);
    return this.#signature;
  }
}

function isFilled(list: readonly unknown[] | undefined): boolean {
  return list !== undefined && list.length > 0;
}

function containersOf(pod: Pod): readonly Container[] {
  const containers = pod.spec?.containers ?? [];
  const initContainers = pod.spec?.initContainers ?? [];
  return initContainers.length === 0 ? containers : [...initContainers, ...containers];
}

const NO_PORTS: readonly HostPort[] = [];

function hostPortsOf(pod: Pod): readonly HostPort[] {
  let found: HostPort[] | undefined;
  const running = [
    ...(pod.spec?.containers ?? []),
    ...(pod.spec?.initContainers ?? []).filter((container) => container.restartPolicy === "Always"),
  ];
  for (const { ports } of running) {
    for (const { hostPort = 0, hostIP, protocol } of ports ?? []) {
      if (hostPort <= 0) continue;
      found ??= [];
      found.push({
        ip: hostIP === undefined || hostIP === "" ? "0.0.0.0" : hostIP,
        protocol: protocol === undefined || protocol === "" ? "TCP" : protocol,
        port: hostPort,
      });
    }
  }
  return found ?? NO_PORTS;
}

/**
 * What of a pod decides about a node by itself; labels, namespace and the like matter only where other
 * pods are looked at, and then nothing is kept.
 */
function signatureOf({ metadata, spec }: Pod): string {
  const container = ({ image, resources, ports, restartPolicy }: Container) => [
    image,
    resources?.requests,
    ports?.map(({ hostPort, hostIP, protocol }) => [hostPort, hostIP, protocol]),
    restartPolicy,
  ];
  return JSON.stringify([
    spec?.schedulerName,
    spec?.priority,
    spec?.containers?.map(container),
    spec?.initContainers?.map(container),
    spec?.resources?.requests,
    spec?.overhead,
    spec?.nodeSelector,
    spec?.nodeName,
    spec?.affinity?.nodeAffinity,
    spec?.tolerations,
    spec?.volumes?.map(({ persistentVolumeClaim, ephemeral }) =>
      persistentVolumeClaim === undefined && ephemeral === undefined
        ? undefined
        : [metadata.namespace, metadata.name, persistentVolumeClaim?.claimName],
    ),
    spec?.resourceClaims,
  ]);
}
