import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bringUp, missingFor, type TestCluster } from "./cluster.ts";
import { nginxImage } from "./debian-images.ts";
import { eventually } from "./program.ts";
import { type Registry, startRegistry } from "./registry.ts";

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
    "busybox",
  ],
  true,
);
if (why !== undefined) process.stdout.write(`workloads ${why}\n`);

const NAME = "workloads";
const NODE_PORT = 30_090;

const WEB = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  strategy: {rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 5
      tolerations:
      - {key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 2}
      - {key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 2}
      containers:
      - name: main
        image: nginx:v1
        ports: [{name: http, containerPort: 80}]
        readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 1}
        # Until every node has heard that the pod goes, it still answers.
        lifecycle: {preStop: {sleep: {seconds: 2}}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{port: 80, targetPort: http, nodePort: ${NODE_PORT}}]
`;
const JOB = `
apiVersion: batch/v1
kind: Job
metadata: {name: sum}
spec:
  completions: 3
  parallelism: 2
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: "nginx:v1", command: [sh, -c, "echo done"]}]
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: tick}
spec:
  schedule: "* * * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{name: main, image: "nginx:v1", command: [sh, -c, "echo tick"]}]
`;
const SETS = `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{name: main, image: "nginx:v1"}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: store}
spec:
  serviceName: store
  replicas: 2
  selector: {matchLabels: {app: store}}
  template:
    metadata: {labels: {app: store}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{name: main, image: "nginx:v1"}]
`;

/** Asks the Service through the node's port until told to stop; counts answers and failures. */
function keepAsking(url: string) {
  let asked = 0;
  const failures: string[] = [];
  let stopped = false;
  const asking = (async () => {
    while (!stopped) {
      asked++;
      try {
        const answer = await fetch(url, {
          headers: { connection: "close" },
          signal: AbortSignal.timeout(5_000),
        });
        const text = await answer.text();
        if (answer.status !== 200 || !text.includes("nginx"))
          failures.push(`${answer.status} ${text}`);
      } catch (error) {
        failures.push(String(error instanceof Error ? (error.cause ?? error) : error));
      }
    }
  })();
  return async () => {
    stopped = true;
    await asking;
    return { asked, failures };
  };
}

describe.skipIf(why !== undefined)("workloads on two nodes", () => {
  let registry: Registry;
  let cluster: TestCluster;
  const folder = mkdtempSync(join(tmpdir(), "kubets-workloads-"));
  const apply = async (name: string, text: string) => {
    const file = join(folder, `${name}.yaml`);
    writeFileSync(file, text);
    await cluster.kubectl("apply", "-f", file);
  };
  const names = async (selector: string) =>
    (await cluster.kubectl("get", "pods", "-l", selector, "-o", "name")).trim().split("\n").sort();
  const field = (path: string, ...what: string[]) =>
    cluster.kubectl("get", ...what, "-o", `jsonpath={${path}}`);
  const url = async () =>
    `http://${await field('.status.addresses[?(@.type=="InternalIP")].address', "node", `${NAME}-node-1`)}:${NODE_PORT}/`;

  beforeAll(async () => {
    registry = await startRegistry();
    for (const tag of ["v1", "v2"]) {
      await registry.push(`nginx:${tag}`, nginxImage(`docker.io/library/nginx:${tag}`));
    }
    cluster = await bringUp(
      NAME,
      "--runtime",
      "containerd",
      "--nodes",
      "2",
      "--registry-mirror",
      `docker.io=http://host.kubets.internal:${registry.port}`,
      // A node's lease is renewed every ten seconds.
      "--controller-manager-arg=--node-monitor-grace-period=16s",
    );
  });
  afterAll(async () => {
    await cluster?.remove();
    registry?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("rolls out a Deployment of three on both nodes", async () => {
    await apply("web", WEB);
    expect(await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=90s")).toContain(
      'deployment "web" successfully rolled out',
    );
    const nodes = await field(".items[*].spec.nodeName", "pods", "-l", "app=web");
    expect(new Set(nodes.split(" ")).size).toBe(2);
    expect(await cluster.kubectl("get", "deployment", "web")).toMatch(/web\s+3\/3\s+3\s+3/);
    expect(await (await fetch(await url())).text()).toContain("nginx");
  });

  it("scales it up and down", async () => {
    await cluster.kubectl("scale", "deployment/web", "--replicas=5");
    await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s");
    expect(await names("app=web")).toHaveLength(5);
    await cluster.kubectl("scale", "deployment/web", "--replicas=3");
    await eventually(
      "three pods",
      30_000,
      () => names("app=web"),
      (list) => list.length === 3,
    );
    expect(await cluster.kubectl("describe", "deployment", "web")).toMatch(
      /ScalingReplicaSet\s+.*Scaled up replica set web-\w+ from 3 to 5/,
    );
  });

  it("updates the image without one failed request, and undoes it", async () => {
    const stop = keepAsking(await url());
    await cluster.kubectl("set", "image", "deployment/web", "main=nginx:v2");
    await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=120s");
    const { asked, failures } = await stop();
    process.stdout.write(`rolling update: ${asked} requests, ${failures.length} failed\n`);
    expect(failures).toEqual([]);
    expect(asked).toBeGreaterThan(50);
    const images = () => field(".items[*].spec.containers[0].image", "pods", "-l", "app=web");
    await eventually("only v2", 30_000, images, (text) => text === "nginx:v2 nginx:v2 nginx:v2");
    expect(await cluster.kubectl("rollout", "history", "deployment/web")).toMatch(
      /1\s+<none>\s+2\s+<none>/,
    );
    await cluster.kubectl("rollout", "undo", "deployment/web");
    await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=120s");
    await eventually("only v1", 30_000, images, (text) => text === "nginx:v1 nginx:v1 nginx:v1");
  });

  it("replaces a deleted pod and restarts a killed container", async () => {
    const [first = ""] = await names("app=web");
    await cluster.kubectl("delete", first, "--wait=false");
    await eventually(
      "another pod in its place",
      60_000,
      () => cluster.kubectl("get", "deployment", "web"),
      (text) => /web\s+3\/3\s+3\s+3/.test(text),
    );
    const pod = (await names("app=web")).find((name) => name !== first) ?? "";
    await cluster.kubectl("exec", pod, "--", "sh", "-c", "kill -9 -1; kill -QUIT 1");
    await eventually(
      "a restart",
      30_000,
      () => field(".status.containerStatuses[0].restartCount", pod),
      (count) => Number(count) >= 1,
    );
  });

  it("runs a Job to completion", async () => {
    await apply("jobs", JOB);
    await cluster.kubectl("wait", "--for=condition=Complete", "job/sum", "--timeout=90s");
    expect(await cluster.kubectl("get", "job", "sum")).toMatch(/sum\s+Complete\s+3\/3/);
  });

  it("keeps one pod of a DaemonSet on every node, and a StatefulSet's names", async () => {
    await apply("sets", SETS);
    await cluster.kubectl("rollout", "status", "daemonset/agent", "--timeout=60s");
    await cluster.kubectl("rollout", "status", "statefulset/store", "--timeout=60s");
    expect(await names("app=agent")).toHaveLength(2);
    expect(await names("app=store")).toEqual(["pod/store-0", "pod/store-1"]);
    await cluster.kubectl("delete", "pod", "store-0");
    await cluster.kubectl("rollout", "status", "statefulset/store", "--timeout=60s");
    expect(await names("app=store")).toEqual(["pod/store-0", "pod/store-1"]);
    const added = await cluster.kubets("node", "add", "--name", NAME);
    expect({ code: added.code, stderr: added.stderr }).toMatchObject({ code: 0 });
    await eventually(
      "an agent on the new node",
      60_000,
      () => names("app=agent"),
      (list) => list.length === 3,
    );
  });

  it("empties a node that is silent, and takes it back", async () => {
    const node = `${NAME}-node-2`;
    const kubelet = execFileSync(
      "pgrep",
      ["-f", `kubelet/dist/main.js.*--hostname-override=${node}`],
      {
        encoding: "utf8",
      },
    ).trim();
    const readiness = () => field('.status.conditions[?(@.type=="Ready")].status', "node", node);
    const living = async () =>
      (await cluster.kubectl("get", "pods", "-l", "app=web", "-o", "wide", "--no-headers"))
        .trim()
        .split("\n")
        .filter((line) => /\s1\/1\s+Running\s/.test(line) && !line.includes(node));
    execFileSync("kill", ["-STOP", ...kubelet.split("\n")]);
    try {
      await eventually("the node Unknown", 60_000, readiness, (status) => status === "Unknown");
      await eventually("three pods elsewhere", 60_000, living, (lines) => lines.length === 3);
    } finally {
      execFileSync("kill", ["-CONT", ...kubelet.split("\n")]);
    }
    await eventually("the node Ready", 60_000, readiness, (status) => status === "True");
    await eventually(
      "only three pods",
      60_000,
      () => names("app=web"),
      (list) => list.length === 3,
    );
  });

  it("fires a CronJob", async () => {
    await eventually(
      "a job of the CronJob",
      90_000,
      () => cluster.kubectl("get", "jobs"),
      (text) => /tick-\d+\s+Complete/.test(text),
    );
  });
});
