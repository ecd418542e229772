/**
 * Which container of a pod is meant, and on which node it is.
 *
 * Upstream: pkg/registry/core/pod/strategy.go LogLocation, streamLocation, validateContainer @1.36
 */
import { badRequest } from "@kubets/api";
import type { Pod } from "@kubets/api/core/v1";

/** Throws 400 where the name is missing or wrong. */
export function chooseContainer(pod: Pod, asked: string): string {
  const containers = names(pod.spec?.containers);
  const all = [
    ...names(pod.spec?.initContainers),
    ...containers,
    ...names(pod.spec?.ephemeralContainers),
  ];
  const podName = pod.metadata?.name ?? "";
  if (asked !== "") {
    if (all.includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${podName}`);
  }
  const [only] = containers;
  if (only !== undefined && containers.length === 1) return only;
  const text = `a container name must be specified for pod ${podName}`;
  throw badRequest(containers.length === 0 ? text : `${text}, choose one of: [${all.join(" ")}]`);
}

function names(containers: readonly { readonly name?: string }[] | undefined): string[] {
  return (containers ?? []).map(({ name }) => name ?? "");
}

/** Throws 400 for a pod that is on no node. */
export function nodeOf(pod: Pod): string {
  const node = pod.spec?.nodeName ?? "";
  if (node === "") {
    throw badRequest(`pod ${pod.metadata?.name ?? ""} does not have a host assigned`);
  }
  return node;
}
