/** Services of every type, and their endpoints. */
import type { JsonMap } from "../exchange.ts";

const meta = (name: string) => ({ name, labels: { app: "web" } });
const service = (name: string, spec: JsonMap): JsonMap => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: meta(name),
  spec,
});

export const clusterIp = service("cluster-ip", {
  type: "ClusterIP",
  clusterIP: "10.96.200.1",
  clusterIPs: ["10.96.200.1"],
  selector: { app: "web" },
  ports: [
    { name: "http", port: 80, targetPort: 8080, protocol: "TCP", appProtocol: "kubernetes.io/h2c" },
    { name: "dns", port: 53, targetPort: "dns", protocol: "UDP" },
  ],
  sessionAffinity: "ClientIP",
  sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
  externalIPs: ["192.0.2.10"],
  ipFamilyPolicy: "SingleStack",
  ipFamilies: ["IPv4"],
  internalTrafficPolicy: "Local",
  publishNotReadyAddresses: true,
  trafficDistribution: "PreferClose",
});

export const nodePort = service("node-port", {
  type: "NodePort",
  clusterIP: "10.96.200.2",
  selector: { app: "web" },
  externalTrafficPolicy: "Local",
  ports: [{ name: "a", port: 80, nodePort: 30_080 }],
});

export const loadBalancer = service("load-balancer", {
  type: "LoadBalancer",
  clusterIP: "10.96.200.3",
  selector: { app: "web" },
  externalTrafficPolicy: "Local",
  healthCheckNodePort: 30_099,
  loadBalancerIP: "192.0.2.20",
  loadBalancerSourceRanges: ["192.0.2.0/24"],
  loadBalancerClass: "example.com/lb",
  allocateLoadBalancerNodePorts: true,
  ports: [{ port: 80, nodePort: 30_081 }],
});

export const externalName = service("external-name", {
  type: "ExternalName",
  externalName: "db.example.com",
});

export const headless = service("headless", {
  clusterIP: "None",
  selector: { app: "web" },
  ports: [{ port: 80 }],
});

export const plain = service("plain", { selector: { app: "web" }, ports: [{ port: 80 }] });

export const endpointSlice: JsonMap = {
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name: "slice", labels: { "kubernetes.io/service-name": "web" } },
  addressType: "IPv4",
  endpoints: [
    {
      addresses: ["10.0.0.1"],
      conditions: { ready: true, serving: true, terminating: false },
      hostname: "pod-0",
      targetRef: { kind: "Pod", name: "pod-0", namespace: "{ns}" },
      nodeName: "n1",
      zone: "z1",
      hints: { forZones: [{ name: "z1" }], forNodes: [{ name: "n1" }] },
    },
  ],
  ports: [{ name: "http", protocol: "TCP", port: 80, appProtocol: "http" }],
};

export const fqdnSlice: JsonMap = {
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name: "fqdn" },
  addressType: "FQDN",
  endpoints: [{ addresses: ["db.example.com"] }],
};

export const endpoints: JsonMap = {
  apiVersion: "v1",
  kind: "Endpoints",
  metadata: { name: "endpoints" },
  subsets: [
    {
      addresses: [
        {
          ip: "10.0.0.1",
          hostname: "pod-0",
          nodeName: "n1",
          targetRef: { kind: "Pod", name: "pod-0", namespace: "{ns}" },
        },
      ],
      notReadyAddresses: [{ ip: "10.0.0.2" }],
      ports: [{ name: "http", port: 80, protocol: "TCP", appProtocol: "http" }],
    },
  ],
};
