/**
 * What upstream's installers add for the cluster's DNS: its rights, and the Service that pods know it by. The server
 * itself is no pod, so its address is in an EndpointSlice of ours.
 *
 * Upstream: cmd/kubeadm/app/phases/addons/dns/manifests.go @1.36
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isStatusError, type KubeObject } from "@kubets/api";
import type { Service } from "@kubets/api/core/v1";
import type { EndpointSlice } from "@kubets/api/discovery/v1";
import type { ClusterRole, ClusterRoleBinding } from "@kubets/api/rbac/v1";
import {
  type Client,
  ClientError,
  clusterRoleBindings,
  clusterRoles,
  createGrpcClient,
  endpointSlices,
  type ResourceType,
  services,
} from "@kubets/client";
import { type Clock, sleep } from "@kubets/service";
import type { ClusterSpec } from "./cluster-spec.ts";
import { DNS_METRICS_PORT, DNS_PORT, grpcAddresses } from "./components.ts";
import type { ClusterPaths } from "./paths.ts";
import { DNS_USER } from "./pki.ts";

const NAMESPACE = "kube-system";
const NAME = "kube-dns";
const ATTEMPTS_MAX = 30;
const WAIT_MS = 500;

interface Addon {
  readonly role: ClusterRole;
  readonly binding: ClusterRoleBinding;
  readonly service: Service;
  readonly slice: EndpointSlice;
}

export function dnsAddon({ network }: Pick<ClusterSpec, "network">): Addon {
  const ports = [
    { name: "dns", protocol: "UDP", port: 53, target: DNS_PORT },
    { name: "dns-tcp", protocol: "TCP", port: 53, target: DNS_PORT },
    { name: "metrics", protocol: "TCP", port: DNS_METRICS_PORT, target: DNS_METRICS_PORT },
  ];
  const read = ["list", "watch"];
  return {
    role: {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: DNS_USER },
      rules: [
        {
          apiGroups: [""],
          resources: ["endpoints", "services", "pods", "namespaces"],
          verbs: read,
        },
        { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: read },
      ],
    },
    binding: {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: DNS_USER },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: DNS_USER },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: DNS_USER }],
    },
    service: {
      apiVersion: "v1",
      kind: "Service",
      metadata: {
        namespace: NAMESPACE,
        name: NAME,
        labels: {
          "k8s-app": NAME,
          "kubernetes.io/cluster-service": "true",
          "kubernetes.io/name": "CoreDNS",
        },
        annotations: {
          "prometheus.io/port": String(DNS_METRICS_PORT),
          "prometheus.io/scrape": "true",
        },
      },
      // Without a selector: nobody but us says where it is.
      spec: {
        clusterIP: network.dnsAddress,
        ports: ports.map(({ name, protocol, port, target }) => ({
          name,
          protocol,
          port,
          targetPort: target,
        })),
      },
    },
    slice: {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        namespace: NAMESPACE,
        name: NAME,
        labels: { "kubernetes.io/service-name": NAME },
      },
      addressType: "IPv4",
      endpoints: [{ addresses: [network.gateway], conditions: { ready: true } }],
      ports: ports.map(({ name, protocol, target }) => ({ name, protocol, port: target })),
    },
  };
}

export interface EnsureDnsAddonOptions {
  readonly spec: ClusterSpec;
  readonly paths: ClusterPaths;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Safe to run again. What somebody changed in the Service stays; where the server is gets corrected. */
export async function ensureDnsAddon(options: EnsureDnsAddonOptions): Promise<void> {
  const { spec, paths, clock, signal } = options;
  const read = (file: string) => readFileSync(join(paths.pki, file));
  const client = createGrpcClient({
    address: grpcAddresses(spec),
    tls: { ca: read("ca.crt"), cert: read("admin.crt"), key: read("admin.key") },
    clock,
  });
  const { role, binding, service, slice } = dnsAddon(spec);
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        await ensure(client, clusterRoles, role, signal);
        await ensure(client, clusterRoleBindings, binding, signal);
        await ensure(client, services, service, signal);
        await ensure(client, endpointSlices, slice, signal, (found) => ({
          ...found,
          endpoints: slice.endpoints,
          ports: slice.ports,
        }));
        return;
      } catch (error) {
        // The namespace may be a moment away, and so may the apiserver after a restart.
        const passes =
          isStatusError(error, "NotFound") ||
          isStatusError(error, "AlreadyExists") ||
          error instanceof ClientError;
        if (!passes || attempt >= ATTEMPTS_MAX) {
          throw new Error("cannot add the Service of the cluster's DNS", { cause: error });
        }
        await sleep(clock, WAIT_MS, signal);
      }
    }
  } finally {
    await client.close();
  }
}

/**
 * Creates it; one that is there is corrected where `correct` says how. Looked for first: a second Service with the same
 * cluster IP is refused for its address before it is for its name.
 */
async function ensure<T extends KubeObject>(
  client: Client,
  type: ResourceType<T>,
  wanted: T,
  signal: AbortSignal,
  correct?: (found: T) => T,
): Promise<void> {
  const { namespace = "", name = "" } = wanted.metadata;
  let found: T;
  try {
    found = await client.get(type, namespace, name, { signal });
  } catch (error) {
    if (!isStatusError(error, "NotFound")) throw error;
    await client.create(type, wanted, { signal });
    return;
  }
  if (correct !== undefined) await client.update(type, correct(found), { signal });
}
