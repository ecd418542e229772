import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bringUp, kubectlVersions, missingFor, type TestCluster } from "./cluster.ts";
import { nginxImage } from "./debian-images.ts";
import { keepAsking } from "./keep-asking.ts";
import { takeTour } from "./kubectl-tour.ts";
import { eventually, run } from "./program.ts";
import { type Registry, startRegistry } from "./registry.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { BUDGET, JOBS, NODE_PORT, SETS, SMALL, WEB } from "./workload-manifests.ts";

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
if (why !== undefined) process.stdout.write(`workloads ${why}\n`);

const NAME = "workloads";

/** Takes the node's cable out, or plugs it in again: what runs there runs on, unheard. */
function cutOff(node: string, isCut: boolean): void {
  const spec = JSON.parse(readFileSync(`/var/lib/kubets/${NAME}/cluster.json`, "utf8")) as {
    readonly network: { readonly bridge: string };
    readonly nodes: readonly { readonly name: string; readonly address: string }[];
  };
  const address = spec.nodes.find(({ name }) => name === node)?.address ?? "";
  const cable = `kbt${spec.network.bridge.replace("kubets-", "")}-${address.split(".")[3]}`;
  execFileSync("ip", ["link", "set", cable, isCut ? "down" : "up"]);
}

describe.skipIf(why !== undefined)("workloads on two nodes", () => {
  let registry: Registry;
  let cluster: TestCluster;
  const folder = temporaryFolder("workloads");
  const manifest = (name: string, text: string) => {
    const file = join(folder.path, `${name}.yaml`);
    writeFileSync(file, text);
    return file;
  };
  const apply = (name: string, text: string) =>
    cluster.kubectl("apply", "-f", manifest(name, text));
  const names = async (selector: string) =>
    (await cluster.kubectl("get", "pods", "-l", selector, "-o", "name")).trim().split("\n").sort();
  const field = (path: string, ...what: string[]) =>
    cluster.kubectl("get", ...what, "-o", `jsonpath={${path}}`);
  const url = async () =>
    `http://${await field('.status.addresses[?(@.type=="InternalIP")].address', "node", `${NAME}-node-1`)}:${NODE_PORT}/`;

  beforeAll(async () => {
    registry = await startRegistry();
    for (const tag of ["v1", "v2"]) {
      await registry.push(`nginx:${tag}`, nginxImage(`docker.io/library/nginx:${tag}`, ["curl"]));
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

  it("lets each of its pods reach the Service by name and address, and the pods of the other node", async () => {
    const pods = (
      await field(
        'range .items[*]}{.metadata.name} {.spec.nodeName} {.status.podIP}{"\\n"}{end',
        "pods",
        "-l",
        "app=web",
      )
    )
      .trim()
      .split("\n")
      .map((line) => line.split(" "));
    const clusterIp = await field(".spec.clusterIP", "service", "web");
    for (const [pod = "", node] of pods) {
      const elsewhere = pods.filter(([, other]) => other !== node).map(([, , ip = ""]) => ip);
      expect(elsewhere).not.toEqual([]);
      const hosts = ["web", "web.default.svc.cluster.local", clusterIp, ...elsewhere];
      const asked = hosts.map(
        (host) => `curl -sS -m 2 -o /dev/null -w '%{http_code} ' http://${host}/`,
      );
      const answers = await cluster.kubectl("exec", pod, "--", "sh", "-c", asked.join("; "));
      expect({ pod, hosts, answers: answers.trim().split(" ") }).toEqual({
        pod,
        hosts,
        answers: hosts.map(() => "200"),
      });
    }
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
      "a restart of the container in the same pod",
      30_000,
      () => cluster.kubectl("get", pod),
      (text) => /\s1\/1\s+Running\s+1 \(/.test(text),
    );
    await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s");
  });

  it("drains a node only as fast as a disruption budget allows, without one failed request", async () => {
    const node = `${NAME}-node-2`;
    const onNode = async () =>
      (await field(".items[*].spec.nodeName", "pods", "-l", "app=web")).split(" ").includes(node);
    expect(await onNode()).toBe(true);
    await apply("budget", BUDGET);
    await eventually(
      "no disruption allowed",
      20_000,
      () => cluster.kubectl("get", "pdb", "web"),
      (text) => /web\s+3\s+N\/A\s+0\s/.test(text),
    );
    const drain = ["drain", node, "--ignore-daemonsets"];
    const stopped = await cluster.tryKubectl([...drain, "--timeout=3s"]);
    expect(stopped.code).toBe(1);
    expect(stopped.stderr).toContain(
      "Cannot evict pod as it would violate the pod's disruption budget.",
    );
    expect(await onNode()).toBe(true);

    const stop = keepAsking(await url());
    const patch = JSON.stringify({ spec: { minAvailable: 2 } });
    await cluster.kubectl("patch", "pdb", "web", "--type=merge", "-p", patch);
    await cluster.kubectl(...drain, "--timeout=90s");
    const { asked, failures } = await stop();
    process.stdout.write(`drain: ${asked} requests, ${failures.length} failed\n`);
    expect(failures).toEqual([]);
    expect(await onNode()).toBe(false);
    expect(await cluster.kubectl("get", "node", node)).toMatch(/Ready,SchedulingDisabled/);
    await cluster.kubectl("uncordon", node);
    await cluster.kubectl("delete", "pdb", "web");
    await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s");
  });

  it("runs a Job to completion", async () => {
    await apply("jobs", JOBS);
    await cluster.kubectl("wait", "--for=condition=Complete", "job/sum", "--timeout=90s");
    expect(await cluster.kubectl("get", "job", "sum")).toMatch(/sum\s+Complete\s+3\/3/);
  });

  it("keeps one pod of a DaemonSet on every node, and a StatefulSet's names", async () => {
    await apply("sets", SETS);
    await cluster.kubectl("rollout", "status", "daemonset/agent", "--timeout=60s");
    await cluster.kubectl("rollout", "status", "statefulset/store", "--timeout=60s");
    expect(await names("app=agent")).toHaveLength(2);
    expect(await names("app=store")).toEqual(["pod/store-0", "pod/store-1"]);
    const uid = () => field(".metadata.uid", "pod", "store-0");
    const before = await uid();
    await cluster.kubectl("delete", "pod", "store-0");
    await cluster.kubectl("rollout", "status", "statefulset/store", "--timeout=60s");
    expect(await names("app=store")).toEqual(["pod/store-0", "pod/store-1"]);
    expect(await uid()).not.toBe(before);
    const page = [
      "curl",
      "-sS",
      "-m",
      "2",
      "--retry",
      "5",
      "--retry-all-errors",
      "http://store-0.store/",
    ];
    expect(await cluster.kubectl("exec", "store-1", "--", ...page)).toContain("nginx");
    const added = await cluster.kubets("node", "add", "--name", NAME);
    expect({ code: added.code, stderr: added.stderr }).toMatchObject({ code: 0 });
    await eventually(
      "an agent on the new node",
      60_000,
      () => names("app=agent"),
      (list) => list.length === 3,
    );
  });

  /** Runs what is handed in one after the other. */
  let last: Promise<void> = Promise.resolve();
  const alone = (task: () => Promise<void>) => {
    const mine = last.then(task);
    last = mine.catch(() => {});
    return mine;
  };
  it.concurrent.each(kubectlVersions())(
    "does all of it with kubectl $version",
    async ({ version, program }) => {
      const namespace = `tour-${version.replace(".", "-")}`;
      await takeTour({
        run: (args) => run(program, args, { env: { KUBECONFIG: cluster.kubeconfig } }),
        namespace,
        manifest: manifest(namespace, SMALL),
        alone,
      });
    },
  );

  it("empties a node that died, goes on without it, and takes it back", async () => {
    const node = `${NAME}-node-2`;
    const readiness = () => field('.status.conditions[?(@.type=="Ready")].status', "node", node);
    const web = async () =>
      (await cluster.kubectl("get", "pods", "-l", "app=web", "-o", "wide", "--no-headers"))
        .trim()
        .split("\n");
    const elsewhere = async () =>
      (await web()).filter((line) => /\s1\/1\s+Running\s/.test(line) && !line.includes(node));
    // The new pods spread over all nodes, so one of them is on the node that dies.
    await cluster.kubectl("rollout", "restart", "deployment/web");
    await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=90s");
    await eventually("three pods", 30_000, web, (lines) => lines.length === 3);
    expect((await web()).some((line) => line.includes(node))).toBe(true);
    cutOff(node, true);
    try {
      await eventually("the node Unknown", 60_000, readiness, (status) => status === "Unknown");
      await eventually("three pods elsewhere", 60_000, elsewhere, (lines) => lines.length === 3);
      const stop = keepAsking(await url());
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const { asked, failures } = await stop();
      expect({ failures, enough: asked > 20 }).toEqual({ failures: [], enough: true });
    } finally {
      cutOff(node, false);
    }
    await eventually("the node Ready", 90_000, readiness, (status) => status === "True");
    await eventually("only three pods", 60_000, web, (lines) => lines.length === 3);
    expect(await elsewhere()).toHaveLength(3);
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
