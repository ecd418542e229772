import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bringUp, kubectlVersions, missingFor, type TestCluster } from "./cluster.ts";
import { busyboxImage, nginxImage } from "./debian-images.ts";
import { eventually, type Outcome, run } from "./program.ts";
import { type Registry, startRegistry } from "./registry.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { footprintOf, whatIsLeft } from "./what-is-left.ts";

const why = missingFor(
  ["kubectl", "containerd", "runc", "nft", "docker-registry", "skopeo", "nginx", "busybox"],
  true,
);
if (why !== undefined) process.stdout.write(`walk-through ${why}\n`);

const MYPOD = `apiVersion: v1
kind: Pod
metadata:
  name: mypod
  labels:
    app: web
spec:
  containers:
  - name: mycontainer
    image: nginx:latest
    ports:
    - containerPort: 80
`;

interface Pod {
  readonly metadata: { readonly uid: string };
  readonly status: {
    readonly podIP: string;
    readonly containerStatuses: readonly {
      readonly containerID: string;
      readonly restartCount: number;
    }[];
  };
}

describe.skipIf(why !== undefined)("the walk-through on real containers", () => {
  let registry: Registry;
  let cluster: TestCluster;
  /** Goes on while other tests run: the first back-off is ten seconds. */
  let watchOfMissing: Promise<Outcome> | undefined;
  const folder = temporaryFolder("walk");
  const manifest = (name: string, text: string) => {
    const file = join(folder.path, name);
    writeFileSync(file, text);
    return file;
  };
  const pod = async (name: string) =>
    JSON.parse(await cluster.kubectl("get", "pod", name, "-o", "json")) as Pod;
  const podYaml = (name: string, image: string, more = "") =>
    `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec:\n  containers:\n  - name: main\n    image: ${image}\n${more}`;

  beforeAll(async () => {
    registry = await startRegistry();
    await registry.push("nginx:latest", nginxImage("docker.io/library/nginx:latest"));
    await registry.push("busybox:1.35", busyboxImage("docker.io/library/busybox:1.35"));
    cluster = await bringUp(
      "walk",
      "--runtime",
      "containerd",
      "--registry-mirror",
      `docker.io=http://host.kubets.internal:${registry.port}`,
    );
  });
  afterAll(async () => {
    await cluster?.remove();
    registry?.stop();
  });

  it("has a Ready node that kubectl sees", async () => {
    const nodes = await cluster.kubectl("get", "nodes");
    expect(nodes).toMatch(/^NAME\s+STATUS\s+ROLES\s+AGE\s+VERSION\n/);
    expect(nodes).toMatch(/walk-node-1\s+Ready\s+<none>\s+\d+s\s+v1\.36\./);
  });

  it("creates the textbook's pod and runs it", async () => {
    expect(await cluster.kubectl("create", "-f", manifest("mypod.yaml", MYPOD))).toBe(
      "pod/mypod created\n",
    );
    await cluster.kubectl("wait", "--for=condition=Ready", "pod/mypod", "--timeout=60s");
    const wide = await cluster.kubectl("get", "pod", "mypod", "-o", "wide");
    expect(wide).toMatch(
      /^NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE\s+IP\s+NODE\s+NOMINATED NODE\s+READINESS GATES\n/,
    );
    expect(wide).toMatch(
      /mypod\s+1\/1\s+Running\s+0\s+\d+s\s+10\.\d+\.\d+\.\d+\s+walk-node-1\s+<none>\s+<none>/,
    );
  });

  it("describes the pod as kubectl users know it", async () => {
    const text = await eventually(
      "events in describe",
      15_000,
      () => cluster.kubectl("describe", "pod", "mypod"),
      (out) => out.includes("Started"),
    );
    for (const pattern of [
      /^Node:\s+walk-node-1\/10\.200\.\d+\.11$/m,
      /^IP:\s+10\.\d+\.\d+\.\d+$/m,
      /Container ID:\s+containerd:\/\/[0-9a-f]{64}/,
      /Image ID:\s+docker\.io\/library\/nginx@sha256:[0-9a-f]{64}/,
      /PodReadyToStartContainers\s+True/,
      /Initialized\s+True/,
      /ContainersReady\s+True/,
      /PodScheduled\s+True/,
      /\/var\/run\/secrets\/kubernetes\.io\/serviceaccount from kube-api-access-\w{5} \(ro\)/,
      /QoS Class:\s+BestEffort/,
      /node\.kubernetes\.io\/not-ready:NoExecute op=Exists for 300s/,
      /Normal\s+Scheduled\s+\S+\s+default-scheduler\s+Successfully assigned default\/mypod to walk-node-1/,
      /Normal\s+Pulling\s+\S+\s+kubelet\s+Pulling image "nginx:latest"/,
      /Normal\s+Pulled\s+\S+\s+kubelet\s+Successfully pulled image "nginx:latest" in \S+ \(\S+ including waiting\)\. Image size: \d+ bytes\./,
      /Normal\s+Created\s+/,
      /Normal\s+Started\s+/,
    ]) {
      expect(text).toMatch(pattern);
    }
  });

  it("serves pages at the pod's address, shows them in logs, and lets exec in", async () => {
    const { podIP } = (await pod("mypod")).status;
    const page = await fetch(`http://${podIP}/`);
    expect(await page.text()).toContain("Welcome to nginx!");
    const logs = await eventually(
      "the request in the log",
      10_000,
      () => cluster.kubectl("logs", "mypod"),
      (text) => text.includes("GET / HTTP/1.1"),
    );
    expect(logs).toContain('" 200 ');
    expect(await cluster.kubectl("exec", "mypod", "--", "hostname")).toBe("mypod\n");
    const failing = await cluster.tryKubectl(["exec", "mypod", "--", "sh", "-c", "exit 3"]);
    expect(failing.code).toBe(3);
    const echoed = await cluster.tryKubectl(
      ["exec", "-i", "mypod", "--", "cat"],
      "through stdin\n",
    );
    expect(echoed.stdout).toBe("through stdin\n");
  });

  it.concurrent.each(kubectlVersions())(
    "works with kubectl $version",
    async ({ program, version }) => {
      const env = { KUBECONFIG: cluster.kubeconfig };
      const name = `skew-${version.replace(".", "-")}`;
      const file = manifest(
        `${name}.yaml`,
        podYaml(name, "busybox:1.35", '    command: ["sleep", "3600"]\n'),
      );
      const steps: [string[], RegExp][] = [
        [["apply", "-f", file], new RegExp(`pod/${name} created`)],
        [["wait", "--for=condition=Ready", `pod/${name}`, "--timeout=60s"], /condition met/],
        [["get", "pods", name], /1\/1\s+Running/],
        [["exec", name, "--", "echo", "hello"], /^hello/],
        [["logs", name], /^$/],
        [["label", "pod", name, "tier=one"], /labeled/],
        [["explain", "pod.spec.containers.image"], /FIELD: image|image/],
        [["create", "configmap", name, "--from-literal=a=b"], /created/],
        [["delete", "configmap", name], /deleted/],
        [["delete", "pod", name, "--grace-period=1"], /deleted/],
      ];
      for (const [args, expected] of steps) {
        const { code, stdout, stderr } = await run(program, args, { env });
        expect({ args, code, output: stdout + (code === 0 ? "" : stderr) }).toEqual({
          args,
          code: 0,
          output: expect.stringMatching(expected),
        });
      }
    },
  );

  it("restarts a crashing container and backs off", async () => {
    await cluster.kubectl(
      "create",
      "-f",
      manifest(
        "crash.yaml",
        podYaml("crash", "busybox:1.35", '    command: ["sh", "-c", "echo dying; exit 1"]\n'),
      ),
    );
    await eventually(
      "CrashLoopBackOff",
      60_000,
      () => cluster.kubectl("get", "pod", "crash"),
      (text) => /crash\s+0\/1\s+CrashLoopBackOff\s+[1-9]/.test(text),
    );
    expect(await cluster.kubectl("logs", "crash", "--previous")).toBe("dying\n");
    expect(await cluster.kubectl("describe", "pod", "crash")).toMatch(
      /Warning\s+BackOff\s+.*Back-off restarting failed container main in pod crash_default\(/,
    );
  });

  it("says why an image cannot be pulled", async () => {
    const file = manifest("missing.yaml", podYaml("missing", "nosuchimage:1"));
    watchOfMissing = run("kubectl", ["get", "pods", "--watch", "--no-headers"], {
      env: { KUBECONFIG: cluster.kubeconfig },
      timeoutMs: 15_000,
    });
    await cluster.kubectl("create", "-f", file);
    const text = await eventually(
      "the first back-off",
      15_000,
      () => cluster.kubectl("describe", "pod", "missing"),
      (out) => out.includes("Back-off pulling image"),
    );
    expect(text).toMatch(/Warning\s+Failed\s+.*Failed to pull image "nosuchimage:1": /);
  });

  it("leaves a pod that fits nowhere Pending and says so", async () => {
    await cluster.kubectl(
      "create",
      "-f",
      manifest(
        "huge.yaml",
        podYaml("huge", "busybox:1.35", "    resources: {requests: {cpu: 1000}}\n"),
      ),
    );
    const text = await eventually(
      "FailedScheduling",
      20_000,
      () => cluster.kubectl("describe", "pod", "huge"),
      (out) => out.includes("FailedScheduling"),
    );
    expect(text).toMatch(/^Status:\s+Pending$/m);
    expect(text).toMatch(
      /Warning\s+FailedScheduling\s+\S+\s+default-scheduler\s+0\/1 nodes are available: 1 Insufficient cpu\./,
    );
  });

  it("loads an image archive into the nodes", async () => {
    const file = join(folder.path, "own.tar");
    writeFileSync(file, busyboxImage("docker.io/library/own-image:v1"));
    const loaded = await cluster.kubets("load", file, "--name", cluster.name);
    expect({ code: loaded.code, stderr: loaded.stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining("is in every node"),
    });
    await cluster.kubectl(
      "create",
      "-f",
      manifest("own.yaml", podYaml("own", "own-image:v1", '    command: ["sleep", "60"]\n')),
    );
    await cluster.kubectl("wait", "--for=condition=Ready", "pod/own", "--timeout=30s");
    await cluster.kubectl("delete", "pod", "own", "--grace-period=1");
  });

  it("gives containers their environment, files and token", async () => {
    await cluster.kubectl("create", "configmap", "settings", "--from-literal=color=blue");
    await cluster.kubectl("create", "secret", "generic", "hidden", "--from-literal=word=xyzzy");
    await cluster.kubectl(
      "apply",
      "-f",
      manifest(
        "full.yaml",
        `apiVersion: v1
kind: Pod
metadata: {name: full}
spec:
  initContainers:
  - {name: first, image: "busybox:1.35", command: [sh, -c, "echo prepared > /work/state"], volumeMounts: [{name: work, mountPath: /work}]}
  containers:
  - name: main
    image: busybox:1.35
    command: [sh, -c, "while true; do sleep 1; done"]
    env:
    - {name: COLOR, valueFrom: {configMapKeyRef: {name: settings, key: color}}}
    - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
    readinessProbe: {exec: {command: [cat, /work/state]}, periodSeconds: 1}
    volumeMounts:
    - {name: work, mountPath: /work}
    - {name: hidden, mountPath: /hidden, readOnly: true}
  volumes:
  - {name: work, emptyDir: {}}
  - {name: hidden, secret: {secretName: hidden}}
`,
      ),
    );
    await cluster.kubectl("wait", "--for=condition=Ready", "pod/full", "--timeout=60s");
    const shell = (command: string) => cluster.kubectl("exec", "full", "--", "sh", "-c", command);
    expect(await shell("echo $COLOR $NODE")).toBe("blue walk-node-1\n");
    expect(await shell("cat /work/state /hidden/word")).toBe("prepared\nxyzzy");
    const token = await shell("cat /var/run/secrets/kubernetes.io/serviceaccount/token");
    expect(token.split(".")).toHaveLength(3);
    expect(await shell("cat /var/run/secrets/kubernetes.io/serviceaccount/ca.crt")).toContain(
      "BEGIN CERTIFICATE",
    );
    await cluster.kubectl("delete", "pod", "full", "--grace-period=1");
  });

  it("removes container, network and cgroup with the pod", async () => {
    const { metadata, status } = await pod("mypod");
    const id = (status.containerStatuses[0]?.containerID ?? "").replace("containerd://", "");
    const cgroups = () =>
      execFileSync("find", ["/sys/fs/cgroup", "-type", "d", "-name", `*${metadata.uid}*`], {
        encoding: "utf8",
      });
    expect(cgroups()).not.toBe("");
    await cluster.kubectl("delete", "pod", "mypod", "--timeout=60s");
    expect((await cluster.tryKubectl(["get", "pod", "mypod"])).stderr).toBe(
      'Error from server (NotFound): pods "mypod" not found\n',
    );
    const socket = `/run/kubets/${cluster.name}/${cluster.name}-node-1/containerd.sock`;
    const containers = await run("ctr", ["-a", socket, "-n", "k8s.io", "containers", "list", "-q"]);
    expect(containers.code).toBe(0);
    expect(containers.stdout).not.toContain(id);
    expect(cgroups()).toBe("");
    await expect(
      fetch(`http://${status.podIP}/`, { signal: AbortSignal.timeout(1000) }),
    ).rejects.toThrow();
  });

  it("empties and removes a namespace", async () => {
    await cluster.kubectl("create", "namespace", "short");
    await cluster.kubectl("-n", "short", "create", "configmap", "some");
    await cluster.kubectl(
      "-n",
      "short",
      "run",
      "napper",
      "--image=busybox:1.35",
      // A sleeping process that is the first of its container does not hear SIGTERM.
      '--overrides={"spec":{"terminationGracePeriodSeconds":1}}',
      "--",
      "sleep",
      "3600",
    );
    await cluster.kubectl(
      "-n",
      "short",
      "wait",
      "--for=condition=Ready",
      "pod/napper",
      "--timeout=60s",
    );
    await cluster.kubectl("delete", "namespace", "short", "--timeout=90s");
    expect((await cluster.tryKubectl(["get", "namespace", "short"])).stderr).toContain(
      'namespaces "short" not found',
    );
  });

  it("pulls again when the back-off is over, and shows both in turn", async () => {
    const lines = (await watchOfMissing)?.stdout.split("\n") ?? [];
    const statuses = lines
      .filter((line) => line.startsWith("missing"))
      .map((line) => line.split(/\s+/)[2]);
    expect(statuses.slice(statuses.indexOf("ErrImagePull")).slice(0, 3)).toEqual([
      "ErrImagePull",
      "ImagePullBackOff",
      "ErrImagePull",
    ]);
  });

  it("reports every component as running", async () => {
    const { code, stdout } = await cluster.kubets("status", "--name", cluster.name);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/apiserver\s+Running/),
    });
  });

  it("leaves nothing behind", async () => {
    const footprint = footprintOf(cluster.name);
    expect(whatIsLeft(footprint)).not.toEqual([]);
    await cluster.remove();
    expect(whatIsLeft(footprint)).toEqual([]);
  });
});
