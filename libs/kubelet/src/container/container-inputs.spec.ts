import type { ConfigMap, Container, Pod, Secret, Service } from "@kubets/api/core/v1";
import { describe, expect, it } from "vitest";
import { makeContainer, makePod } from "../testing/pods.ts";
import { parseResolvConf, podDns } from "./dns.ts";
import { fieldValue, resourceValue } from "./downward-values.ts";
import { makeEnvironment } from "./environment.ts";
import { expand } from "./expansion.ts";
import { podHostname } from "./hostname.ts";
import { managedHostsFile } from "./hosts-file.ts";
import {
  containerResources,
  milliCpuToQuota,
  milliCpuToShares,
  oomScoreAdj,
  podCgroupSettings,
} from "./linux-resources.ts";
import { sandboxConfig } from "./sandbox-config.ts";
import { containerSecurity } from "./security.ts";

const around = {
  podIps: ["10.0.0.2"],
  hostIps: ["192.0.2.1"],
  allocatable: { cpu: "4", memory: "8Gi" },
};

describe("expansion", () => {
  const lookup = (name: string) => ({ A: "1", B: "$(A)" })[name];
  it.each([
    ["$(A)-$(B)", "1-$(A)"],
    ["$$(A)", "$(A)"],
    ["$(MISSING)", "$(MISSING)"],
    ["$(A", "$(A"],
    ["$A $", "$A $"],
    ["a$$b", "a$b"],
    ["", ""],
  ])("of %s is %s", (text, expanded) => {
    expect(expand(text, lookup)).toBe(expanded);
  });
});

describe("the environment of a container", () => {
  const configMap: ConfigMap = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {},
    data: { a: "1", b: "2" },
  };
  const secret: Secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {},
    data: { pw: Buffer.from("s").toString("base64") },
  };
  const service = (name: string, namespace: string, clusterIP = "10.96.0.9"): Service => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace },
    spec: { clusterIP, ports: [{ name: "web", port: 80, protocol: "TCP" }] },
  });
  const make = async (
    container: Partial<Container>,
    services: Service[] = [],
    pod: Pod = makePod(),
  ) =>
    Object.fromEntries(
      await makeEnvironment({
        pod,
        container: makeContainer("app", container),
        around,
        config: {
          configMap: async (_, name) => (name === "cm" ? configMap : undefined),
          secret: async (_, name) => (name === "sec" ? secret : undefined),
        },
        services,
      }),
    );

  it("takes envFrom first and lets env win", async () => {
    const env = await make({
      envFrom: [{ configMapRef: { name: "cm" } }, { prefix: "S_", secretRef: { name: "sec" } }],
      env: [
        { name: "a", value: "own" },
        { name: "c", value: "$(a)+$(b)" },
      ],
    });
    expect(env).toMatchObject({ a: "own", b: "2", S_pw: "s", c: "own+2" });
  });

  it("leaves out what is optional and missing, and refuses the rest with upstream's words", async () => {
    const optional = {
      name: "X",
      valueFrom: { configMapKeyRef: { name: "none", key: "k", optional: true } },
    };
    expect(await make({ env: [optional] })).not.toHaveProperty("X");
    const missingKey = { name: "X", valueFrom: { secretKeyRef: { name: "sec", key: "k" } } };
    await expect(make({ env: [missingKey] })).rejects.toThrow(
      "couldn't find key k in Secret default/sec",
    );
    await expect(make({ envFrom: [{ configMapRef: { name: "none" } }] })).rejects.toThrow(
      'configmap "none" not found',
    );
  });

  it("names the services of its namespace, and the API's wherever it is", async () => {
    const services = [
      service("my-db", "default"),
      service("other", "elsewhere"),
      service("headless", "default", "None"),
      service("kubernetes", "default", "10.96.0.1"),
    ];
    const env = await make({}, services);
    expect(env).toMatchObject({
      MY_DB_SERVICE_HOST: "10.96.0.9",
      MY_DB_SERVICE_PORT: "80",
      MY_DB_SERVICE_PORT_WEB: "80",
      MY_DB_PORT: "tcp://10.96.0.9:80",
      MY_DB_PORT_80_TCP_ADDR: "10.96.0.9",
      KUBERNETES_SERVICE_HOST: "10.96.0.1",
    });
    expect(Object.keys(env).some((name) => /^(OTHER|HEADLESS)/.test(name))).toBe(false);
    const alone = await make({}, services, makePod({ enableServiceLinks: false }));
    expect(Object.keys(alone).filter((name) => name.endsWith("_HOST"))).toEqual([
      "KUBERNETES_SERVICE_HOST",
    ]);
  });
});

describe("what a pod learns of itself", () => {
  const container = makeContainer("app", {
    resources: { limits: { memory: "100Mi" }, requests: { cpu: "1500m" } },
  });
  const pod = makePod({ containers: [container], nodeName: "n" }, { labels: { b: 'x"y', a: "1" } });
  it.each([
    ["metadata.labels", 'a="1"\nb="x\\"y"'],
    ["metadata.labels['b']", 'x"y'],
    ["metadata.annotations['none']", ""],
    ["spec.nodeName", "n"],
    ["status.podIP", "10.0.0.2"],
    ["status.hostIP", "192.0.2.1"],
  ])("by %s", (fieldPath, value) => {
    expect(fieldValue({ fieldPath }, pod, around)).toBe(value);
  });
  it.each([
    ["limits.memory", "1Mi", "100"],
    ["limits.memory", undefined, "104857600"],
    ["requests.cpu", undefined, "2"],
    ["requests.cpu", "1m", "1500"],
    ["limits.cpu", undefined, "4"],
    ["requests.memory", undefined, "0"],
  ])("by %s in units of %s", (resource, divisor, value) => {
    const selector = { resource, ...(divisor === undefined ? {} : { divisor }) };
    expect(resourceValue(selector, pod, container, around)).toBe(value);
  });
});

describe("limits for the kernel", () => {
  it("are shares and quotas with upstream's bounds", () => {
    expect([0, 1, 100, 1000, 1_000_000].map(milliCpuToShares)).toEqual([2, 2, 102, 1024, 262_144]);
    expect([0, 5, 500].map(milliCpuToQuota)).toEqual([0, 1000, 50_000]);
  });

  it("take the cpu limit for the request where there is none", () => {
    const container = makeContainer("app", { resources: { limits: { cpu: "1", memory: "64Mi" } } });
    expect(containerResources(makePod({ containers: [container] }), container, 1e9)).toMatchObject({
      cpuShares: 1024,
      cpuQuota: 100_000,
      memoryLimitBytes: 64 * 1024 * 1024,
    });
  });

  it.each([
    [
      "guaranteed",
      { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "1", memory: "1Gi" } },
      -997,
    ],
    ["best effort", {}, 1000],
    ["burstable with a quarter of the memory", { requests: { memory: "2Gi" } }, 750],
    ["burstable with next to nothing", { requests: { cpu: "1m" } }, 999],
  ])("let a container that is %s be killed in its order", (_, resources, score) => {
    const container = makeContainer("app", { resources });
    expect(oomScoreAdj(makePod({ containers: [container] }), container, 8 * 1024 ** 3)).toBe(score);
  });

  it("bind the pod only where every container has one", () => {
    const limited = makeContainer("a", { resources: { limits: { memory: "64Mi" } } });
    const free = makeContainer("b");
    expect(
      podCgroupSettings(makePod({ containers: [limited, free] }), undefined).memoryLimitBytes,
    ).toBeUndefined();
    expect(
      podCgroupSettings(makePod({ containers: [limited, { ...limited, name: "c" }] }), undefined)
        .memoryLimitBytes,
    ).toBe(128 * 1024 * 1024);
  });
});

describe("names of a pod", () => {
  it("are its own, cut to what the kernel takes", () => {
    expect(
      podHostname(makePod({}, { name: `${"a".repeat(62)}-b` }), "cluster.local").hostname,
    ).toBe("a".repeat(62));
    expect(
      podHostname(
        makePod({ hostname: "h", subdomain: "s", setHostnameAsFQDN: true }),
        "cluster.local",
      ),
    ).toEqual({
      hostname: "h",
      domain: "s.default.svc.cluster.local",
      kernelName: "h.s.default.svc.cluster.local",
    });
  });

  it("stand in its hosts file with its aliases", () => {
    const text = managedHostsFile({
      ips: ["10.0.0.2"],
      hostname: "h",
      domain: "d",
      aliases: [{ ip: "1.2.3.4", hostnames: ["x", "y"] }],
    });
    expect(text).toMatch(/^# Kubernetes-managed hosts file\.\n127\.0\.0\.1\tlocalhost\n/);
    expect(text).toContain("10.0.0.2\th.d\th\n");
    expect(text).toMatch(/\n# Entries added by HostAliases\.\n1\.2\.3\.4\tx\ty\n$/);
  });
});

describe("the DNS of a pod", () => {
  const host = parseResolvConf("# c\nnameserver 9.9.9.9\nsearch example.com\noptions timeout:1\n");
  const settings = { clusterDns: ["10.96.0.10"], clusterDomain: "cluster.local", host };
  it("is the cluster's, with the node's search domains after", () => {
    expect(podDns(makePod(), settings)).toEqual({
      servers: ["10.96.0.10"],
      searches: ["default.svc.cluster.local", "svc.cluster.local", "cluster.local", "example.com"],
      options: ["ndots:5"],
    });
  });
  it("is the node's where there is no cluster DNS, or the pod is in the node's network", () => {
    expect(podDns(makePod(), { ...settings, clusterDns: [] })).toEqual(host);
    expect(podDns(makePod({ hostNetwork: true }), settings).servers).toEqual(["9.9.9.9"]);
    expect(
      podDns(makePod({ hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" }), settings)
        .servers,
    ).toEqual(["10.96.0.10"]);
  });
  it("is what the pod says", () => {
    const dnsConfig = {
      nameservers: ["1.1.1.1"],
      searches: ["a.b"],
      options: [{ name: "ndots", value: "2" }],
    };
    expect(podDns(makePod({ dnsPolicy: "None", dnsConfig }), settings)).toEqual({
      servers: ["1.1.1.1"],
      searches: ["a.b"],
      options: ["ndots:2"],
    });
    expect(podDns(makePod({ dnsConfig }), settings).options).toEqual(["ndots:2"]);
  });
});

describe("who a container runs as", () => {
  const options = { seccompDefault: false, seccompRoot: "/var/lib/kubelet/seccomp" };
  const image = {
    id: "i",
    repoTags: [],
    repoDigests: [],
    sizeBytes: 0,
    username: "",
    pinned: false,
  };
  it("is what it says over what its pod says", () => {
    const container = makeContainer("app", {
      securityContext: { runAsUser: 5, allowPrivilegeEscalation: false },
    });
    const pod = makePod({
      containers: [container],
      securityContext: {
        runAsUser: 1,
        runAsGroup: 2,
        fsGroup: 3,
        supplementalGroups: [4],
        seccompProfile: { type: "Localhost", localhostProfile: "p.json" },
      },
    });
    expect(containerSecurity(pod, container, image, options)).toMatchObject({
      runAsUser: 5,
      runAsGroup: 2,
      supplementalGroups: [3, 4],
      noNewPrivileges: true,
      seccomp: { type: "Localhost", localhostRef: "/var/lib/kubelet/seccomp/p.json" },
    });
  });
  it.each([
    [{}, "image will run as root"],
    [{ uid: 0 }, "image will run as root"],
    [{ username: "app" }, "image has non-numeric user (app)"],
  ])("may not be root where the pod forbids it (image %j)", (more, text) => {
    const container = makeContainer("app", { securityContext: { runAsNonRoot: true } });
    expect(() =>
      containerSecurity(
        makePod({ containers: [container] }),
        container,
        { ...image, ...more },
        options,
      ),
    ).toThrow(text);
  });
});

describe("the configuration of a sandbox", () => {
  const make = (pod: Pod) =>
    sandboxConfig({
      pod,
      attempt: 2,
      cgroupParent: "/kubepods/poduid-1",
      podLogsDir: "/logs",
      dns: {
        clusterDns: [],
        clusterDomain: "cluster.local",
        host: { servers: [], searches: [], options: [] },
      },
    });
  it("carries the labels by which the next kubelet finds it", () => {
    const config = make(makePod({}, { labels: { app: "x" } }));
    expect(config.labels).toEqual({
      app: "x",
      "io.kubernetes.pod.name": "pod",
      "io.kubernetes.pod.namespace": "default",
      "io.kubernetes.pod.uid": "uid-1",
    });
    expect(config.logDirectory).toBe("/logs/default_pod_uid-1");
    expect(config.metadata.attempt).toBe(2);
  });
  it("has namespaces, host ports and kernel parameters as the pod asks", () => {
    const config = make(
      makePod({
        shareProcessNamespace: true,
        hostIPC: true,
        containers: [
          makeContainer("app", { ports: [{ containerPort: 80, hostPort: 8080, protocol: "TCP" }] }),
        ],
        securityContext: { sysctls: [{ name: "net/ipv4/ip_forward", value: "1" }] },
      }),
    );
    expect(config.security.namespaces).toEqual({ network: "pod", ipc: "node", pid: "pod" });
    expect(config.portMappings).toEqual([
      { protocol: "TCP", containerPort: 80, hostPort: 8080, hostIp: "" },
    ]);
    expect(config.sysctls).toEqual({ "net.ipv4.ip_forward": "1" });
  });
});
