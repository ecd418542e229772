/**
 * Which controllers `--controllers` names.
 *
 * Upstream: k8s.io/controller-manager/app/helper.go IsControllerEnabled,
 * cmd/kube-controller-manager/app/controller_descriptor.go GetAliases @1.36
 */
import type { ControllerDefinition } from "./controller-context.ts";

/** Names from before all controllers were called so, which stand in many configurations. */
const ALIASES: Readonly<Record<string, string>> = {
  cronjob: "cronjob-controller",
  daemonset: "daemonset-controller",
  deployment: "deployment-controller",
  disruption: "disruption-controller",
  endpoint: "endpoints-controller",
  endpointslice: "endpointslice-controller",
  endpointslicemirroring: "endpointslice-mirroring-controller",
  garbagecollector: "garbage-collector-controller",
  job: "job-controller",
  namespace: "namespace-controller",
  nodeipam: "node-ipam-controller",
  nodelifecycle: "node-lifecycle-controller",
  podgc: "pod-garbage-collector-controller",
  replicaset: "replicaset-controller",
  replicationcontroller: "replicationcontroller-controller",
  resourcequota: "resourcequota-controller",
  "root-ca-cert-publisher": "root-ca-certificate-publisher-controller",
  serviceaccount: "serviceaccount-controller",
  statefulset: "statefulset-controller",
  "ttl-after-finished": "ttl-after-finished-controller",
};

/** `*` stands for all, `name` for one, `-name` takes one away. Throws a RangeError that lists the names there are. */
export function selectControllers(
  all: readonly ControllerDefinition[],
  wanted: readonly string[],
): ControllerDefinition[] {
  const names = all.map(({ name }) => name);
  const words = wanted.map(canonical);
  const unknown = words
    .map((word) => word.replace(/^-/, ""))
    .filter((word) => word !== "*" && !names.includes(word));
  if (unknown.length > 0) {
    throw new RangeError(
      `"${unknown[0]}" is not in the list of known controllers: ${names.join(", ")}`,
    );
  }
  return all.filter(({ name }) => {
    if (words.includes(name)) return true;
    if (words.includes(`-${name}`)) return false;
    return words.includes("*");
  });
}

function canonical(word: string): string {
  const name = word.replace(/^-/, "");
  const full = Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined;
  if (full === undefined) return word;
  return word.startsWith("-") ? `-${full}` : full;
}
