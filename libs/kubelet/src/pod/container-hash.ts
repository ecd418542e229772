import { createHash } from "node:crypto";
import type { Container } from "@kubets/api/core/v1";

/**
 * Changes when the container has to be restarted to follow its spec: its name or image changed; the other
 * fields of a pod's containers are immutable or changed in place.
 *
 * Upstream: pkg/kubelet/container/helpers.go HashContainer @1.36
 */
export function containerHash(container: Container): string {
  return createHash("sha256")
    .update(JSON.stringify([container.name, container.image ?? ""]))
    .digest("hex")
    .slice(0, 16);
}
