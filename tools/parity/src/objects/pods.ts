/** A pod with nearly every field, in parts that can stand together, and the small template of workloads. */
import type { JsonMap } from "../exchange.ts";

export const template: JsonMap = {
  metadata: { labels: { app: "web" }, annotations: { note: "n" } },
  spec: {
    containers: [{ name: "c", image: "registry.example/web:1", ports: [{ containerPort: 80 }] }],
  },
};

export const jobTemplate: JsonMap = {
  spec: { restartPolicy: "Never", containers: [{ name: "c", image: "registry.example/work:1" }] },
};

const probe = {
  httpGet: {
    path: "/healthz",
    port: "http",
    scheme: "HTTP",
    httpHeaders: [{ name: "X-A", value: "v" }],
  },
  initialDelaySeconds: 1,
  timeoutSeconds: 2,
  periodSeconds: 3,
  successThreshold: 1,
  failureThreshold: 4,
};

export const pod: JsonMap = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "full", labels: { app: "web" } },
  spec: {
    volumes: [
      { name: "empty", emptyDir: { medium: "Memory", sizeLimit: "1Gi" } },
      { name: "host", hostPath: { path: "/var/log", type: "Directory" } },
      {
        name: "secret",
        secret: {
          secretName: "s",
          items: [{ key: "k", path: "p", mode: 256 }],
          defaultMode: 420,
          optional: true,
        },
      },
      {
        name: "config",
        configMap: { name: "c", items: [{ key: "k", path: "p" }], optional: false },
      },
      {
        name: "down",
        downwardAPI: {
          items: [
            { path: "labels", fieldRef: { fieldPath: "metadata.labels" } },
            {
              path: "cpu",
              resourceFieldRef: { containerName: "main", resource: "limits.cpu", divisor: "1m" },
            },
          ],
        },
      },
      { name: "claim", persistentVolumeClaim: { claimName: "pvc", readOnly: true } },
      {
        name: "projected",
        projected: {
          sources: [
            { secret: { name: "s" } },
            { serviceAccountToken: { path: "t", expirationSeconds: 3600, audience: "a" } },
            { configMap: { name: "c2" } },
          ],
        },
      },
      {
        name: "csi",
        csi: {
          driver: "csi.example.com",
          readOnly: true,
          fsType: "ext4",
          volumeAttributes: { a: "b" },
        },
      },
      {
        name: "ephemeral",
        ephemeral: {
          volumeClaimTemplate: {
            metadata: { labels: { a: "b" } },
            spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
          },
        },
      },
      { name: "nfs", nfs: { server: "nfs.example", path: "/x", readOnly: true } },
      {
        name: "image",
        image: { reference: "registry.example/data:1", pullPolicy: "IfNotPresent" },
      },
    ],
    initContainers: [
      { name: "init", image: "registry.example/init:1", command: ["sh"], args: ["-c", "true"] },
      { name: "side", image: "registry.example/side:1", restartPolicy: "Always" },
    ],
    containers: [
      {
        name: "main",
        image: "registry.example/web:1",
        command: ["/bin/web"],
        args: ["--port", "80"],
        workingDir: "/srv",
        ports: [
          {
            name: "http",
            containerPort: 8080,
            protocol: "TCP",
            hostPort: 18080,
            hostIP: "127.0.0.1",
          },
        ],
        envFrom: [
          { prefix: "P_", configMapRef: { name: "c", optional: true } },
          { secretRef: { name: "s" } },
        ],
        env: [
          { name: "PLAIN", value: "v" },
          {
            name: "NODE",
            valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "spec.nodeName" } },
          },
          { name: "CPU", valueFrom: { resourceFieldRef: { resource: "requests.cpu" } } },
          { name: "KEY", valueFrom: { configMapKeyRef: { name: "c", key: "k", optional: true } } },
          { name: "SECRET", valueFrom: { secretKeyRef: { name: "s", key: "k" } } },
        ],
        resources: {
          limits: { cpu: "1", memory: "1Gi" },
          requests: { cpu: "500m", memory: "512Mi" },
        },
        resizePolicy: [{ resourceName: "cpu", restartPolicy: "NotRequired" }],
        volumeMounts: [
          {
            name: "empty",
            mountPath: "/cache",
            subPath: "a",
            readOnly: false,
            mountPropagation: "None",
          },
          { name: "config", mountPath: "/config", readOnly: true, recursiveReadOnly: "IfPossible" },
        ],
        volumeDevices: [{ name: "claim", devicePath: "/dev/xvda" }],
        livenessProbe: probe,
        readinessProbe: { tcpSocket: { port: 8080, host: "127.0.0.1" } },
        startupProbe: { grpc: { port: 9090, service: "s" }, terminationGracePeriodSeconds: 5 },
        lifecycle: {
          postStart: { exec: { command: ["true"] } },
          preStop: { sleep: { seconds: 3 } },
        },
        terminationMessagePath: "/dev/termination-log",
        terminationMessagePolicy: "FallbackToLogsOnError",
        imagePullPolicy: "Always",
        securityContext: {
          capabilities: { add: ["NET_ADMIN"], drop: ["ALL"] },
          privileged: false,
          seLinuxOptions: { level: "s0" },
          runAsUser: 1000,
          runAsGroup: 1000,
          runAsNonRoot: true,
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: true,
          procMount: "Default",
          seccompProfile: { type: "Localhost", localhostProfile: "p.json" },
          appArmorProfile: { type: "RuntimeDefault" },
        },
        stdin: true,
        stdinOnce: true,
        tty: true,
      },
    ],
    restartPolicy: "Always",
    terminationGracePeriodSeconds: 10,
    activeDeadlineSeconds: 100,
    dnsPolicy: "None",
    dnsConfig: {
      nameservers: ["192.0.2.53"],
      searches: ["example.com"],
      options: [{ name: "ndots", value: "2" }],
    },
    nodeSelector: { disk: "ssd" },
    serviceAccountName: "default",
    automountServiceAccountToken: false,
    hostNetwork: false,
    hostPID: false,
    shareProcessNamespace: true,
    securityContext: {
      runAsUser: 1,
      runAsGroup: 2,
      fsGroup: 3,
      supplementalGroups: [4],
      supplementalGroupsPolicy: "Merge",
      fsGroupChangePolicy: "OnRootMismatch",
      sysctls: [{ name: "kernel.shm_rmid_forced", value: "0" }],
      seccompProfile: { type: "RuntimeDefault" },
    },
    imagePullSecrets: [{ name: "pull" }],
    hostname: "host",
    subdomain: "sub",
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            {
              matchExpressions: [{ key: "zone", operator: "In", values: ["a"] }],
              matchFields: [{ key: "metadata.name", operator: "In", values: ["n"] }],
            },
          ],
        },
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 1, preference: { matchExpressions: [{ key: "gpu", operator: "Exists" }] } },
        ],
      },
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            labelSelector: { matchLabels: { a: "b" } },
            topologyKey: "zone",
            namespaces: ["x"],
            namespaceSelector: { matchLabels: { t: "1" } },
            matchLabelKeys: ["app"],
          },
        ],
      },
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 100,
            podAffinityTerm: {
              labelSelector: { matchExpressions: [{ key: "a", operator: "NotIn", values: ["b"] }] },
              topologyKey: "zone",
            },
          },
        ],
      },
    },
    schedulerName: "other-scheduler",
    tolerations: [
      { key: "k", operator: "Equal", value: "v", effect: "NoExecute", tolerationSeconds: 30 },
      { operator: "Exists" },
    ],
    hostAliases: [{ ip: "192.0.2.1", hostnames: ["h.example"] }],
    readinessGates: [{ conditionType: "example.com/ready" }],
    enableServiceLinks: true,
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "zone",
        whenUnsatisfiable: "DoNotSchedule",
        labelSelector: { matchLabels: { app: "web" } },
        minDomains: 2,
        nodeAffinityPolicy: "Honor",
        nodeTaintsPolicy: "Ignore",
        matchLabelKeys: ["v"],
      },
    ],
    setHostnameAsFQDN: false,
    os: { name: "linux" },
    schedulingGates: [{ name: "example.com/gate" }],
    resources: { limits: { cpu: "2", memory: "2Gi" }, requests: { cpu: "1", memory: "1Gi" } },
  },
};

export const smallPod: JsonMap = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "small", labels: { app: "web" } },
  spec: { containers: [{ name: "c", image: "registry.example/web:1" }] },
};
