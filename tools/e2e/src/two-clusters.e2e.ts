import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bringUp, missingFor, type TestCluster } from "./cluster.ts";
import { nginxImage } from "./debian-images.ts";
import { keepAsking } from "./keep-asking.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { footprintOf, whatIsLeft } from "./what-is-left.ts";

const why = missingFor(
  [
    "kubectl",
    "containerd",
    "runc",
    "nft",
    "iptables",
    "conntrack",
    "ip",
    "nginx",
    "curl",
    "busybox",
  ],
  true,
);
if (why !== undefined) process.stdout.write(`two clusters ${why}\n`);

const NAMES = ["left", "right"] as const;
/** The same in both: nothing of one cluster is seen in the other. */
const CLUSTER_IP = "10.96.77.77";
const NODE_PORT = 30_070;

const manifest = (name: string) => `
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: main
    image: nginx:local
    command: [sh, -c, "echo nginx of ${name} > /usr/share/nginx/html/index.html; exec nginx -c /etc/nginx/nginx.conf -g 'daemon off;'"]
    ports: [{containerPort: 80}]
    readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  clusterIP: ${CLUSTER_IP}
  selector: {app: web}
  ports: [{port: 80, nodePort: ${NODE_PORT}}]
`;

describe.skipIf(why !== undefined)("two clusters on one machine", () => {
  const folder = temporaryFolder("two");
  const clusters = new Map<string, TestCluster>();
  const clusterOf = (name: string) => {
    const cluster = clusters.get(name);
    if (cluster === undefined) throw new Error(`cluster ${name} is not up`);
    return cluster;
  };
  const page = async (url: string) =>
    (
      await fetch(url, { headers: { connection: "close" }, signal: AbortSignal.timeout(3_000) })
    ).text();
  const nodePort = async (name: string) => {
    const path = 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}';
    return `http://${await clusterOf(name).kubectl("get", "nodes", "-o", path)}:${NODE_PORT}/`;
  };

  beforeAll(async () => {
    const archive = join(folder.path, "nginx.tar");
    writeFileSync(archive, nginxImage("docker.io/library/nginx:local", ["curl"]));
    for (const name of NAMES) {
      clusters.set(name, await bringUp(name, "--runtime", "containerd"));
    }
    await Promise.all(
      NAMES.map(async (name) => {
        const cluster = clusterOf(name);
        const loaded = await cluster.kubets("load", archive, "--name", name);
        expect({ code: loaded.code, stderr: loaded.stderr }).toMatchObject({ code: 0 });
        const file = join(folder.path, `${name}.yaml`);
        writeFileSync(file, manifest(name));
        await cluster.kubectl("apply", "-f", file);
        await cluster.kubectl("wait", "--for=condition=Ready", "pod/web", "--timeout=60s");
      }),
    );
  });
  afterAll(async () => {
    for (const cluster of clusters.values()) await cluster.remove();
  });

  it("has nodes and addresses of its own in each", async () => {
    const ranges = new Set<string>();
    for (const name of NAMES) {
      const { kubectl } = clusterOf(name);
      expect(await kubectl("get", "nodes", "-o", "name")).toBe(`node/${name}-node-1\n`);
      ranges.add(await kubectl("get", "nodes", "-o", "jsonpath={.items[0].spec.podCIDR}"));
    }
    expect(ranges.size).toBe(2);
  });

  it.each(NAMES)("reaches pods and node ports of %s from the host", async (name) => {
    const { kubectl } = clusterOf(name);
    const podIp = await kubectl("get", "pod", "web", "-o", "jsonpath={.status.podIP}");
    expect(await page(`http://${podIp}/`)).toBe(`nginx of ${name}\n`);
    expect(await page(await nodePort(name))).toBe(`nginx of ${name}\n`);
  });

  it.each(NAMES)("lets the apiserver of %s reach its node, pod and Service", async (name) => {
    const raw = (path: string) => clusterOf(name).kubectl("get", "--raw", path);
    const here = "/api/v1/namespaces/default";
    expect(await raw(`/api/v1/nodes/${name}-node-1/proxy/healthz`)).toBe("ok");
    expect(await raw(`${here}/pods/web:80/proxy/`)).toBe(`nginx of ${name}\n`);
    expect(await raw(`${here}/services/web:80/proxy/`)).toBe(`nginx of ${name}\n`);
  });

  it.each(NAMES)(
    "keeps Services of one address apart: pods of %s reach their own",
    async (name) => {
      for (const host of [CLUSTER_IP, "web", "web.default.svc.cluster.local"]) {
        const asked = ["curl", "-sS", "-m", "3", "--retry", "3", `http://${host}/`];
        expect(await clusterOf(name).kubectl("exec", "web", "--", ...asked)).toBe(
          `nginx of ${name}\n`,
        );
      }
    },
  );

  it("takes one down without the other noticing, and leaves nothing of it", async () => {
    const left = footprintOf("left");
    const right = footprintOf("right");
    // Both are seen while they are up, so that an empty list means something.
    for (const footprint of [left, right]) {
      expect(footprint.namespaces.size).toBe(2);
      const kinds = new Set(whatIsLeft(footprint).map((line) => line.split(":")[0]));
      expect([...kinds].sort()).toEqual(KINDS);
    }
    const stop = keepAsking(await nodePort("right"));
    await clusterOf("left").remove();
    clusters.delete("left");
    const { asked, failures } = await stop();
    expect({ failures, enough: asked > 20 }).toEqual({ failures: [], enough: true });
    expect(whatIsLeft(left)).toEqual([]);
    expect(await clusterOf("right").kubectl("get", "pods")).toMatch(/web\s+1\/1\s+Running\s+0/);

    await clusterOf("right").remove();
    clusters.delete("right");
    expect(whatIsLeft(right)).toEqual([]);
  });
});

/** What a running cluster with containers shows; its mounts are in the nodes' own namespaces. */
const KINDS = [
  "folder",
  "interface",
  "iptables",
  "nft",
  "process",
  "process in a namespace of a node",
  "route",
];
