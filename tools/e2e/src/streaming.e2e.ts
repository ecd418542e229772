import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { Attach, Cp, Exec, KubeConfig, PortForward, type V1Status } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { bringUp, kubectlVersions, missingFor, type TestCluster } from "./cluster.ts";
import { busyboxImage } from "./debian-images.ts";
import { forwardPort } from "./forwarded-port.ts";
import { eventually, run } from "./program.ts";
import { cases, type StreamingClient } from "./streaming-cases.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const why = missingFor(["kubectl", "containerd", "runc", "nft", "busybox", "script"], true);
if (why !== undefined) process.stdout.write(`streaming ${why}\n`);
const ALL_VERSIONS = ["1.27", "1.28", "1.29", "1.30", "1.31", "1.32", "1.33"];
const versions = kubectlVersions();
const absent = ALL_VERSIONS.filter((each) => !versions.some(({ version }) => version === each));
if (absent.length > 0) {
  process.stdout.write(
    `streaming: skipped kubectl ${absent.join(", ")}, which this machine lacks\n`,
  );
}

const pod = (name: string, container: string, more = "") => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: ${name}}}
spec:
  terminationGracePeriodSeconds: 1
  ${more}
  containers:
  - {name: main, image: "busybox:1.35", ${container}}
---
`;
const sleeps = 'command: [sleep, "36000"]';
const OBJECTS = `${pod("box", sleeps)}${pod("debugged", sleeps)}
${pod("ticker", 'command: [sh, -c, "n=0; while true; do n=$((n+1)); echo tick $n; sleep 0.3; done"]')}
${pod("reader", "stdin: true, command: [cat]")}
${pod("done", 'command: [sh, -c, "echo one; echo two; echo three"]', "restartPolicy: Never")}
${pod("crasher", 'command: [sh, -c, "echo dying; exit 1"]')}
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: main
        image: busybox:1.35
        command: [sh, -c, "mkdir /www; echo hello > /www/index.html; exec httpd -f -p 8080 -h /www"]
        readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules: [{apiGroups: [""], resources: [pods, pods/exec, pods/log], verbs: [get, watch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
subjects:
- {apiGroup: rbac.authorization.k8s.io, kind: User, name: reader}
- {kind: ServiceAccount, name: default, namespace: default}
`;

describe.skipIf(why !== undefined)("the streams of pods on real containers", () => {
  let cluster: TestCluster;
  const folder = temporaryFolder("streaming");

  beforeAll(async () => {
    cluster = await bringUp("streaming", "--runtime", "containerd");
    const [image, objects] = [join(folder.path, "image.tar"), join(folder.path, "objects.yaml")];
    writeFileSync(image, busyboxImage("docker.io/library/busybox:1.35"));
    writeFileSync(objects, OBJECTS);
    expect(await cluster.kubets("load", image, "--name", cluster.name)).toMatchObject({ code: 0 });
    await cluster.kubectl("apply", "-f", objects);
    const ready = ["box", "debugged", "ticker", "reader"].map((name) => `pod/${name}`);
    await cluster.kubectl("wait", "--for=condition=Ready", ...ready, "--timeout=60s");
    await cluster.kubectl("rollout", "status", "deploy/web", "--timeout=60s");
    await eventually(
      "an ended pod and one that has crashed before",
      60_000,
      () => cluster.kubectl("get", "pods"),
      (text) => /^done\s+0\/1\s+Completed/m.test(text) && /^crasher.*\s[1-9]\d*\s/m.test(text),
    );
  });
  afterAll(async () => {
    await cluster?.remove();
  });

  function clientOf(version: string, program: string): StreamingClient {
    const id = version.replace(".", "-");
    const own = join(folder.path, id);
    mkdirSync(own, { recursive: true });
    const env = { KUBECONFIG: cluster.kubeconfig };
    const shell = (line: string) =>
      run("bash", ["-c", line.replace(/\bk(?= (?:exec|run|debug|attach|logs) )/g, program)], {
        env,
      });
    return {
      id,
      folder: own,
      kubectl: (...args) => run(program, args, { env }),
      shell,
      terminal: (line) => {
        const file = join(own, `${line.includes(" run ") ? "run" : "exec"}.sh`);
        writeFileSync(file, `stty rows 33 cols 101\n${line.replace(/^k /, `${program} `)}\n`);
        return run("script", ["-qec", `sh ${file}`, "/dev/null"], { env });
      },
      forward: (...args) => forwardPort(program, args, env),
    };
  }

  describe.each(versions)("with kubectl $version", { concurrent: true }, ({ version, program }) => {
    it.each(Object.entries(cases))("%s", async (_name, prove) => {
      await prove(clientOf(version, program));
    });
  });

  describe("with clients of WebSocket alone", { concurrent: true }, () => {
    const config = () => {
      const loaded = new KubeConfig();
      loaded.loadFromFile(cluster.kubeconfig);
      return loaded;
    };
    /** What a stream gets until it holds the text. */
    const until = async (stream: Readable, text: string) => {
      let seen = "";
      for await (const chunk of stream) {
        seen += String(chunk);
        if (seen.includes(text)) break;
      }
      return seen;
    };

    it("exec feeds a command, and tells of its end", async () => {
      const [stdout, stderr] = [new PassThrough(), new PassThrough()];
      const stdin = Readable.from([Buffer.from("fed in")]);
      const status = await new Promise<V1Status>((resolve, reject) => {
        const command = ["sh", "-c", "cat; echo err >&2; exit 4"];
        new Exec(config())
          .exec("default", "box", "main", command, stdout, stderr, stdin, false, resolve)
          .catch(reject);
      });
      expect([String(stdout.read()), String(stderr.read())]).toEqual(["fed in", "err\n"]);
      expect(status).toMatchObject({
        status: "Failure",
        reason: "NonZeroExitCode",
        message: "command terminated with non-zero exit code: command terminated with exit code 4",
        details: { causes: [{ reason: "ExitCode", message: "4" }] },
      });
    });

    it("attach talks with a container's program", async () => {
      const [stdin, stdout] = [new PassThrough(), new PassThrough()];
      const socket = await new Attach(config()).attach(
        "default",
        "reader",
        "main",
        stdout,
        null,
        stdin,
        false,
      );
      stdin.write("to the program\n");
      expect(await until(stdout, "program")).toBe("to the program\n");
      socket.close();
    });

    it("attach without input shows a container's output", async () => {
      const stdout = new PassThrough();
      const attach = new Attach(config());
      const socket = await attach.attach("default", "ticker", "main", stdout, null, null, false);
      expect(await until(stdout, "tick")).toContain("tick");
      socket.close();
    });

    it("port-forward carries a request and its answer", async () => {
      const name = (await cluster.kubectl("get", "pods", "-l", "app=web", "-o", "name")).trim();
      const [output, errors, input] = [new PassThrough(), new PassThrough(), new PassThrough()];
      const forward = new PortForward(config());
      await forward.portForward("default", name.split("/")[1] ?? "", [8080], output, errors, input);
      input.write("GET / HTTP/1.0\r\n\r\n");
      expect(await until(output, "hello")).toContain("hello\n");
    });

    it("cp takes a file there and back", async () => {
      const local = join(folder.path, "client-node");
      mkdirSync(local);
      writeFileSync(join(local, "note"), "carried\n");
      await new Cp(config()).cpToPod("default", "box", "main", local, "/tmp");
      await eventually(
        "the file in the pod",
        15_000,
        () => cluster.tryKubectl(["exec", "box", "--", "cat", "/tmp/note"]),
        ({ stdout }) => stdout === "carried\n",
      );
    });
  });

  it("reads logs and watches as a browser does, with its token as a subprotocol", async () => {
    const token = (await cluster.kubectl("create", "token", "default")).trim();
    const loaded = new KubeConfig();
    loaded.loadFromFile(cluster.kubeconfig);
    const { server = "", caData = "" } = loaded.getCurrentCluster() ?? {};
    const open = (path: string, protocol: string) => {
      const bearer = `base64url.bearer.authorization.k8s.io.${Buffer.from(token).toString("base64url")}`;
      const url = `${server.replace("https", "wss")}/api/v1/namespaces/default/${path}`;
      return new WebSocket(url, [bearer, protocol], { ca: Buffer.from(caData, "base64") });
    };
    const log = open("pods/done/log", "base64.binary.k8s.io");
    let text = "";
    log.on("message", (data: Buffer) => {
      text += Buffer.from(String(data), "base64").toString("utf8");
    });
    expect(await new Promise((resolve) => log.once("close", resolve))).toBe(1000);
    expect([log.protocol, text]).toEqual(["base64.binary.k8s.io", "one\ntwo\nthree\n"]);
    const watch = open("pods?watch=true&fieldSelector=metadata.name%3Dbox", "any.example");
    const event = await new Promise((resolve) => watch.once("message", resolve));
    expect(JSON.parse(String(event))).toMatchObject({
      type: "ADDED",
      object: { kind: "Pod", metadata: { name: "box" } },
    });
    watch.close();
    // Reading is not enough to run something, though a WebSocket begins with GET.
    const exec = open("pods/box/exec?command=true&stdout=true", "v5.channel.k8s.io");
    const refusal = await new Promise((resolve) => exec.once("error", resolve));
    expect(String(refusal)).toContain("403");
  });

  it("is served over WebSocket to clients that ask for it", async () => {
    const metrics = await cluster.kubectl(
      "get",
      "--raw",
      `/api/v1/nodes/${cluster.name}-node-1/proxy/metrics`,
    );
    const counted = (subresource: string) =>
      Number(
        new RegExp(
          `kubelet_websocket_streaming_requests_total\\{[^}]*"${subresource}"[^}]*\\} (\\d+)`,
        ).exec(metrics)?.[1] ?? 0,
      );
    // From 1.30 on for commands and from 1.31 on for ports, without falling back to SPDY.
    const since = (first: string) => versions.filter(({ version }) => version >= first).length;
    expect(counted("exec")).toBeGreaterThanOrEqual(since("1.30") * 10);
    expect(counted("attach")).toBeGreaterThanOrEqual(since("1.30") * 3);
    expect(counted("portforward")).toBeGreaterThanOrEqual(since("1.31") * 4);
  });
});
