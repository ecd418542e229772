/** Where each component of a cluster serves its health. Pure: the ports are those of components.ts. */
import { type ClusterSpec, REPLICATED, type Replicated, replicaAddresses } from "./cluster-spec.ts";
import { balancerHealthPort, DNS_METRICS_PORT, proxyMetricsServer } from "./components.ts";

const KUBELET_PORT = 10250;
const PROXY_HEALTH_PORT = 10256;
/** Counted from the apiserver's. */
const PORT_OFFSETS: Readonly<Record<Replicated, number>> = {
  apiserver: 0,
  scheduler: 1,
  "controller-manager": 2,
};

/** "kubelet" and the node's name, "apiserver" and the replica's number. */
export function partsOf(component: string): { readonly kind: string; readonly of: string } {
  const [kind = "", of = ""] = component.split(" ");
  return { kind, of };
}

const isReplicated = (kind: string): kind is Replicated =>
  REPLICATED.some((component) => component === kind);

/** Undefined for what serves none over HTTP. */
export function healthServer(component: string, spec: ClusterSpec): string | undefined {
  const { kind, of } = partsOf(component);
  if (isReplicated(kind)) {
    const address = replicaAddresses(spec, kind)[of === "" ? 0 : Number(of) - 1];
    return address === undefined
      ? undefined
      : `https://${address}:${spec.apiserverPort + PORT_OFFSETS[kind]}`;
  }
  if (kind === "balancer") return `http://${spec.network.gateway}:${balancerHealthPort(spec)}`;
  if (kind === "dns") return `http://${spec.network.gateway}:${DNS_METRICS_PORT}`;
  const node = spec.nodes.find(({ name }) => name === of);
  if (node === undefined) return undefined;
  if (kind === "proxy") return `http://${node.address}:${PROXY_HEALTH_PORT}`;
  return kind === "kubelet"
    ? `https://${node.address}:${node.kubeletPort ?? KUBELET_PORT}`
    : undefined;
}

/** Where its metrics are, when that is another place than its health. */
export function metricsServer(component: string, spec: ClusterSpec): string | undefined {
  const { kind, of } = partsOf(component);
  const node = spec.nodes.find(({ name }) => name === of);
  return kind === "proxy" && node !== undefined
    ? proxyMetricsServer(node)
    : healthServer(component, spec);
}
