/**
 * What a pod may learn about itself, for variables and for files.
 *
 * Upstream: pkg/fieldpath/fieldpath.go, pkg/api/v1/resource/helpers.go ExtractContainerResourceValue @1.36
 */
import { parseQuantity } from "@kubets/api";
import type {
  Container,
  ObjectFieldSelector,
  Pod,
  ResourceFieldSelector,
} from "@kubets/api/core/v1";
import { KubeletError } from "../kubelet-error.ts";
import { containerNamed, nameOf, namespaceOf, specOf, uidOf } from "../pod/pod-facts.ts";

export interface PodSurroundings {
  readonly podIps: readonly string[];
  readonly hostIps: readonly string[];
  /** Limits of containers that set none. */
  readonly allocatable: Readonly<Record<string, string>>;
}

export function fieldValue(
  selector: ObjectFieldSelector,
  pod: Pod,
  around: PodSurroundings,
): string {
  const { fieldPath } = selector;
  const keyed = /^metadata\.(labels|annotations)\['([^']*)'\]$/.exec(fieldPath);
  if (keyed !== null) {
    const map = keyed[1] === "labels" ? pod.metadata.labels : pod.metadata.annotations;
    return map?.[keyed[2] ?? ""] ?? "";
  }
  switch (fieldPath) {
    case "metadata.name":
      return nameOf(pod);
    case "metadata.namespace":
      return namespaceOf(pod);
    case "metadata.uid":
      return uidOf(pod);
    case "metadata.labels":
      return mapText(pod.metadata.labels ?? {});
    case "metadata.annotations":
      return mapText(pod.metadata.annotations ?? {});
    case "spec.nodeName":
      return specOf(pod).nodeName ?? "";
    case "spec.serviceAccountName":
      return specOf(pod).serviceAccountName ?? "";
    case "status.hostIP":
      return around.hostIps[0] ?? "";
    case "status.hostIPs":
      return around.hostIps.join(",");
    case "status.podIP":
      return around.podIps[0] ?? "";
    case "status.podIPs":
      return around.podIps.join(",");
    default:
      throw new KubeletError("invalidSpec", `unsupported fieldPath: ${fieldPath}`);
  }
}

export function resourceValue(
  selector: ResourceFieldSelector,
  pod: Pod,
  own: Container | undefined,
  around: PodSurroundings,
): string {
  const container =
    selector.containerName === undefined || selector.containerName === ""
      ? own
      : containerNamed(pod, selector.containerName)?.container;
  if (container === undefined) {
    throw new KubeletError("invalidSpec", `container ${selector.containerName ?? ""} not found`);
  }
  const [which = "", ...rest] = selector.resource.split(".");
  const name = rest.join(".");
  const given = which === "limits" ? container.resources?.limits : container.resources?.requests;
  // A container without a limit may use what the node can give.
  const fallback = which === "limits" ? around.allocatable[name] : undefined;
  const value = given?.[name] ?? fallback ?? "0";
  const divisor = parseQuantity(selector.divisor ?? "1").nanos;
  return String(ceilDivide(parseQuantity(value).nanos, divisor === 0n ? 1_000_000_000n : divisor));
}

/** One `key="value"` line for each entry, sorted. */
function mapText(map: Readonly<Record<string, string>>): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join("\n");
}

function ceilDivide(value: bigint, divisor: bigint): bigint {
  return (value + divisor - 1n) / divisor;
}
