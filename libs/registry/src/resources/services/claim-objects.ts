/** What a claim looks like in the store: an IPAddress that clients see, and a node port that they do not. */
import { formatTime } from "@kubets/api";
import type { Draft } from "../../draft.ts";
import type { ServiceName } from "./claim-pool.ts";
import { familyOf } from "./ip-address.ts";

export const ipAddressResource = { group: "networking.k8s.io", resource: "ipaddresses" } as const;
export const nodePortResource = { group: "internal.kubets.io", resource: "nodeports" } as const;

/** Upstream: pkg/registry/core/service/ipallocator/ipallocator.go newIPAddress @1.36 */
export function ipAddressClaim(
  ip: string,
  owner: ServiceName,
  { uid, nowMs }: { uid: string; nowMs: number },
): Draft {
  return {
    kind: "IPAddress",
    apiVersion: "networking.k8s.io/v1",
    metadata: {
      name: ip,
      uid,
      creationTimestamp: formatTime(nowMs),
      labels: {
        "ipaddress.kubernetes.io/ip-family": familyOf(ip) ?? "",
        "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
      },
    },
    spec: { parentRef: parentRef(owner) },
  };
}

export function nodePortClaim(
  port: string,
  owner: ServiceName,
  { uid, nowMs }: { uid: string; nowMs: number },
): Draft {
  return {
    kind: "NodePort",
    apiVersion: "internal.kubets.io/v1",
    metadata: { name: port, uid, creationTimestamp: formatTime(nowMs) },
    spec: { parentRef: parentRef(owner) },
  };
}

function parentRef({ namespace, name }: ServiceName) {
  return { resource: "services", namespace, name };
}
