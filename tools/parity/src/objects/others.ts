/** Samples of the kinds around workloads: configuration, storage, rules, policies. */
import type { JsonMap } from "../exchange.ts";

const meta = (name: string): JsonMap => ({ name, labels: { app: "web" } });
const selector: JsonMap = { matchLabels: { app: "web" } };

export const configMap: JsonMap = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: meta("config"),
  data: { key: "value" },
  binaryData: { bytes: "AAEC" },
};

export const secret: JsonMap = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: meta("secret"),
  type: "Opaque",
  data: { key: "dmFsdWU=" },
  stringData: { other: "text" },
};

export const serviceAccount: JsonMap = {
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: meta("account"),
  secrets: [{ name: "secret" }],
  imagePullSecrets: [{ name: "pull" }],
  automountServiceAccountToken: false,
};

export const claim: JsonMap = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: meta("claim"),
  spec: {
    accessModes: ["ReadWriteOnce"],
    selector,
    resources: { requests: { storage: "1Gi" }, limits: { storage: "2Gi" } },
    storageClassName: "fast",
    volumeMode: "Filesystem",
    dataSource: { apiGroup: "snapshot.storage.k8s.io", kind: "VolumeSnapshot", name: "s" },
  },
};

export const limitRange: JsonMap = {
  apiVersion: "v1",
  kind: "LimitRange",
  metadata: meta("limits"),
  spec: {
    limits: [
      {
        type: "Container",
        max: { cpu: "2" },
        min: { cpu: "100m" },
        default: { cpu: "1" },
        defaultRequest: { cpu: "500m" },
        maxLimitRequestRatio: { cpu: "4" },
      },
    ],
  },
};

export const resourceQuota: JsonMap = {
  apiVersion: "v1",
  kind: "ResourceQuota",
  metadata: meta("quota"),
  spec: { hard: { pods: "10", "requests.cpu": "4" }, scopes: ["NotTerminating"] },
};

export const podTemplate: JsonMap = {
  apiVersion: "v1",
  kind: "PodTemplate",
  metadata: meta("template"),
  template: {
    metadata: { labels: { app: "web" } },
    spec: { containers: [{ name: "c", image: "i" }] },
  },
};

export const event: JsonMap = {
  apiVersion: "v1",
  kind: "Event",
  metadata: { name: "event" },
  involvedObject: { kind: "Pod", namespace: "{ns}", name: "p", apiVersion: "v1" },
  reason: "R",
  message: "m",
  type: "Normal",
  count: 2,
  firstTimestamp: "2020-01-01T00:00:00Z",
  lastTimestamp: "2020-01-01T00:00:00Z",
  source: { component: "c", host: "h" },
};

export const newEvent: JsonMap = {
  apiVersion: "events.k8s.io/v1",
  kind: "Event",
  metadata: { name: "newer" },
  eventTime: "2020-01-01T00:00:00.000000Z",
  series: { count: 2, lastObservedTime: "2020-01-01T00:00:00.000000Z" },
  reportingController: "example.com/c",
  reportingInstance: "i",
  action: "A",
  reason: "R",
  regarding: { kind: "Pod", namespace: "{ns}", name: "p", apiVersion: "v1" },
  related: { kind: "Node", name: "n" },
  note: "n",
  type: "Warning",
};

export const ingress: JsonMap = {
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: meta("ingress"),
  spec: {
    ingressClassName: "class",
    defaultBackend: { service: { name: "web", port: { number: 80 } } },
    tls: [{ hosts: ["a.example.com"], secretName: "tls" }],
    rules: [
      {
        host: "a.example.com",
        http: {
          paths: [
            {
              path: "/a",
              pathType: "Prefix",
              backend: { service: { name: "web", port: { name: "http" } } },
            },
          ],
        },
      },
    ],
  },
};

export const networkPolicy: JsonMap = {
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: meta("policy"),
  spec: {
    podSelector: selector,
    policyTypes: ["Ingress", "Egress"],
    ingress: [
      {
        from: [
          { podSelector: selector },
          { ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } },
        ],
        ports: [{ protocol: "TCP", port: 80, endPort: 90 }],
      },
    ],
    egress: [{ to: [{ namespaceSelector: selector }], ports: [{ port: "http" }] }],
  },
};

export const autoscaler: JsonMap = {
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: meta("autoscaler"),
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
    minReplicas: 1,
    maxReplicas: 5,
    metrics: [
      {
        type: "Resource",
        resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } },
      },
      {
        type: "Pods",
        pods: {
          metric: { name: "m", selector },
          target: { type: "AverageValue", averageValue: "10" },
        },
      },
    ],
    behavior: {
      scaleDown: {
        stabilizationWindowSeconds: 30,
        selectPolicy: "Min",
        policies: [{ type: "Percent", value: 10, periodSeconds: 60 }],
      },
    },
  },
};

export const oldAutoscaler: JsonMap = {
  apiVersion: "autoscaling/v1",
  kind: "HorizontalPodAutoscaler",
  metadata: meta("older"),
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
    maxReplicas: 5,
  },
};

export const role: JsonMap = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "Role",
  metadata: meta("role"),
  rules: [{ verbs: ["get"], apiGroups: [""], resources: ["pods"], resourceNames: ["p"] }],
};

export const roleBinding: JsonMap = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "RoleBinding",
  metadata: meta("binding"),
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "role" },
  subjects: [
    { kind: "ServiceAccount", name: "default", namespace: "{ns}" },
    { kind: "User", name: "u", apiGroup: "rbac.authorization.k8s.io" },
  ],
};

export const lease: JsonMap = {
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: meta("lease"),
  spec: {
    holderIdentity: "h",
    leaseDurationSeconds: 10,
    acquireTime: "2020-01-01T00:00:00.000000Z",
    renewTime: "2020-01-01T00:00:00.000000Z",
    leaseTransitions: 1,
  },
};
