export { ClusterDns, type ClusterDnsOptions } from "./cluster-dns.ts";
export type { Resolver } from "./forwarder.ts";
export { ReplicaEndpoints, type ReplicaEndpointsOptions } from "./replica-endpoints.ts";
export { resolversOf } from "./resolv-conf.ts";
export type { ZoneSettings } from "./zone.ts";
