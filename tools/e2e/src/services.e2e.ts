import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bringUp, missingFor, type TestCluster } from "./cluster.ts";
import { nginxImage } from "./debian-images.ts";
import { eventually } from "./program.ts";
import { type Registry, startRegistry } from "./registry.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const why = missingFor(
  [
    "kubectl",
    "containerd",
    "runc",
    "nft",
    "conntrack",
    "docker-registry",
    "skopeo",
    "nginx",
    "curl",
    "busybox",
  ],
  true,
);
if (why !== undefined) process.stdout.write(`services ${why}\n`);

const NAME = "services";
const NODE_PORT = 30_080;
const ROUNDS = 16;

/** A web server that says its name, and may ask others: it has a shell. */
const webPod = (name: string, node: number) => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: web}}
spec:
  nodeName: ${NAME}-node-${node}
  hostname: ${name}
  subdomain: pets
  terminationGracePeriodSeconds: 1
  containers:
  - name: main
    image: nginx:curl
    command: [sh, -c, "echo $(hostname) > /usr/share/nginx/html/name; exec nginx -c /etc/nginx/nginx.conf -g 'daemon off;'"]
    ports: [{name: http, containerPort: 80}]
    readinessProbe: {httpGet: {path: /name, port: 80}, periodSeconds: 1}
`;
const clientPod = (name: string, node: number) => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}}
spec:
  nodeName: ${NAME}-node-${node}
  terminationGracePeriodSeconds: 1
  containers:
  - {name: main, image: "nginx:curl", command: [sleep, "3600"]}
`;
const SERVICES = `
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: http, nodePort: ${NODE_PORT}}]
---
apiVersion: v1
kind: Service
metadata: {name: sticky}
spec:
  selector: {app: web}
  sessionAffinity: ClientIP
  ports: [{port: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: pets}
spec:
  clusterIP: None
  selector: {app: web}
  ports: [{name: http, port: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: nobody}
spec:
  selector: {app: nobody}
  ports: [{port: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: elsewhere}
spec: {type: ExternalName, externalName: web.default.svc.cluster.local}
`;

describe.skipIf(why !== undefined)("Services on two nodes", () => {
  let registry: Registry;
  let cluster: TestCluster;
  let clusterIp = "";
  const folder = temporaryFolder("services");
  const apply = async (name: string, text: string) => {
    const file = join(folder.path, `${name}.yaml`);
    writeFileSync(file, text);
    await cluster.kubectl("apply", "-f", file);
  };
  const shell = (pod: string, command: string) =>
    cluster.kubectl("exec", pod, "--", "sh", "-c", command);
  const field = (path: string, ...what: string[]) =>
    cluster.kubectl("get", ...what, "-o", `jsonpath={${path}}`);
  /** The names of those who answer when a pod asks many times; a question without answer is an error. */
  const answers = async (pod: string, url: string) => {
    const asked = `for i in $(busybox seq ${ROUNDS}); do curl -sS -m 2 ${url} || echo failed; done`;
    return [...new Set((await shell(pod, asked)).split("\n"))].filter((line) => line !== "").sort();
  };

  beforeAll(async () => {
    registry = await startRegistry();
    await registry.push("nginx:curl", nginxImage("docker.io/library/nginx:curl", ["curl"]));
    cluster = await bringUp(
      NAME,
      "--runtime",
      "containerd",
      "--nodes",
      "2",
      "--registry-mirror",
      `docker.io=http://host.kubets.internal:${registry.port}`,
    );
    await apply("services", SERVICES);
    await apply(
      "pods",
      [
        webPod("web-1", 1),
        webPod("web-2", 2),
        clientPod("client-1", 1),
        clientPod("client-2", 2),
      ].join("---"),
    );
    for (const pod of ["web-1", "web-2", "client-1", "client-2"]) {
      await cluster.kubectl("wait", "--for=condition=Ready", `pod/${pod}`, "--timeout=90s");
    }
    clusterIp = await field(".spec.clusterIP", "service", "web");
    await eventually(
      "both pods are endpoints",
      20_000,
      () =>
        field(
          ".items[*].endpoints[?(@.conditions.ready==true)].addresses[0]",
          "endpointslices",
          "-l",
          "kubernetes.io/service-name=web",
        ),
      (addresses) => addresses.split(" ").length === 2,
    );
  });
  afterAll(async () => {
    await cluster?.remove();
    registry?.stop();
  });

  it("lets pods reach pods of the other node by their addresses", async () => {
    for (const [client, target] of [
      ["client-1", "web-2"],
      ["client-2", "web-1"],
    ] as const) {
      const address = await field(".status.podIP", "pod", target);
      expect(await shell(client, `curl -sS -m 2 http://${address}/name`)).toBe(`${target}\n`);
    }
  });
  it("reaches every endpoint by the cluster IP, from each node and from the endpoints themselves", async () => {
    for (const pod of ["client-1", "client-2", "web-1", "web-2"]) {
      expect(await answers(pod, `http://${clusterIp}/name`)).toEqual(["web-1", "web-2"]);
    }
  });
  it("reaches a Service by each form of its name", async () => {
    for (const name of ["web", "web.default", "web.default.svc.cluster.local", "elsewhere"]) {
      expect(await answers("client-2", `http://${name}/name`)).toEqual(["web-1", "web-2"]);
    }
  });
  it("gives the pods of a headless Service names of their own", async () => {
    expect(await shell("client-1", "curl -sS -m 2 http://web-2.pets/name")).toBe("web-2\n");
    const looked = await shell("client-1", "nslookup pets.default.svc.cluster.local");
    for (const pod of ["web-1", "web-2"]) {
      expect(looked).toContain(await field(".status.podIP", "pod", pod));
    }
  });
  it("gives pods the cluster's DNS, and the search path that short names need", async () => {
    const text = await shell("client-1", "cat /etc/resolv.conf");
    expect(text).toMatch(/^nameserver 10\.96\.0\.10$/m);
    expect(text).toMatch(
      /^search default\.svc\.cluster\.local svc\.cluster\.local cluster\.local/m,
    );
    expect(text).toMatch(/^options ndots:5$/m);
  });
  it("answers on the node port of every node, for the host", async () => {
    for (const node of [1, 2]) {
      const address = await field(".status.addresses[0].address", "node", `${NAME}-node-${node}`);
      const names = new Set<string>();
      for (let round = 0; round < ROUNDS; round++) {
        const response = await fetch(`http://${address}:${NODE_PORT}/name`, {
          signal: AbortSignal.timeout(2_000),
          headers: { connection: "close" },
        });
        names.add((await response.text()).trim());
      }
      expect([...names].sort()).toEqual(["web-1", "web-2"]);
    }
  });
  it("keeps a client at one endpoint where the Service asks for it", async () => {
    expect(await answers("client-1", "http://sticky/name")).toHaveLength(1);
  });
  it("refuses at once where nobody is behind the Service", async () => {
    const { stderr } = await cluster.tryKubectl([
      "exec",
      "client-1",
      "--",
      "curl",
      "-sS",
      "-m",
      "5",
      "http://nobody/",
    ]);
    expect(stderr).toMatch(/Connection refused|Couldn.t connect/);
  });
  it("lets a pod reach the apiserver with its token", async () => {
    const ask = [
      "T=$(cat /var/run/secrets/kubernetes.io/serviceaccount/token)",
      'curl -sS -m 5 --cacert /var/run/secrets/kubernetes.io/serviceaccount/ca.crt -H "Authorization: Bearer $T" https://kubernetes.default/api',
    ].join("; ");
    expect(await shell("client-1", ask)).toContain('"APIVersions"');
  });
  it("sends no request to a pod that is gone", async () => {
    await cluster.kubectl("delete", "pod", "web-1", "--wait=true");
    await eventually(
      "only the other answers",
      10_000,
      () => answers("client-1", `http://${clusterIp}/name`),
      (names) => names.join() === "web-2",
    );
    const failed = await shell(
      "client-1",
      `for i in $(busybox seq 50); do curl -sS -m 2 -o /dev/null http://${clusterIp}/name || echo failed; done`,
    );
    expect(failed).toBe("");
  });
});
