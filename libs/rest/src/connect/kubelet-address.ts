/**
 * Where a node's kubelet listens.
 *
 * Upstream: pkg/kubelet/client/kubelet_client.go NodeConnectionInfoGetter @1.36
 */
import { internalError, type KubeObject } from "@kubets/api";
import type { Node } from "@kubets/api/core/v1";

export interface KubeletAddress {
  readonly host: string;
  readonly port: number;
}

/** `preferred`: --kubelet-preferred-address-types. Throws where the node has no address of these types. */
export function kubeletAddress(node: KubeObject, preferred: readonly string[]): KubeletAddress {
  const { status } = node as Node;
  const port = status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 0;
  for (const type of preferred) {
    const found = status?.addresses?.find((address) => address.type === type);
    if (found?.address) return { host: found.address, port: port === 0 ? defaultPort : port };
  }
  const known = (status?.addresses ?? []).map(({ type }) => type).join(" ");
  throw internalError(
    `no preferred addresses found; known addresses: [${known}] of node ${node.metadata.name ?? ""}`,
  );
}

const defaultPort = 10_250;
