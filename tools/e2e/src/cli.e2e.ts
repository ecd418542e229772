/** The kubets program as its users type it, on simulated nodes: no container runtime, no root, nothing but this clone. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { missingFor } from "./cluster.ts";
import { eventually, type Outcome, programPath, run } from "./program.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const missing = missingFor(["kubectl", "curl"], false);
const NAME = "e2e-cli";
const folder = temporaryFolder("cli");
const kubeconfig = () => join(folder.path, "config");
const environment = () => ({ KUBECONFIG: kubeconfig(), KUBETS_CLUSTER_NAME: NAME });

const program = join(root, "apps", "kubets", "dist", "main.js");
const kubets = (words: string, input?: string): Promise<Outcome> =>
  run(process.execPath, [program, ...words.split(" ")], {
    env: environment(),
    ...(input === undefined ? {} : { input }),
  });
const kubectl = (words: string) => run("kubectl", words.split(" "), { env: environment() });

interface Report {
  readonly state: string;
  readonly nodes: readonly string[];
  readonly memoryBytes: number;
  readonly components: readonly {
    readonly name: string;
    readonly state: string;
    readonly health: string;
    readonly version?: string;
    readonly leader?: boolean;
    readonly pid?: number;
    readonly restarts: number;
    readonly memoryBytes?: number;
  }[];
}
const status = async () => {
  const { stdout } = await kubets("status --output json");
  return JSON.parse(stdout) as Report;
};

function kill(pid: number | undefined): void {
  // 0 would be the group of this very process.
  if (pid === undefined) throw new Error("it does not run");
  process.kill(pid, "SIGKILL");
}

const config = `kind: Cluster
apiVersion: kubets.io/v1alpha1
name: ${NAME}
runtime: simulated
nodes:
- labels: {zone: a}
- taints: ["dedicated=db:NoSchedule"]
`;

describe.skipIf(missing !== undefined)(`the kubets program ${missing ?? ""}`, () => {
  beforeAll(async () => {
    await kubets("down");
    const { code, stderr } = await kubets("up --config -", config);
    expect(stderr).toMatch(/✓ Starting the apiserver/);
    expect(code).toBe(0);
  });
  afterAll(async () => {
    await kubets("down");
  });

  it("makes what the config file says and points kubectl at it", async () => {
    const { stdout } = await kubectl("get nodes -o wide -L zone");
    expect(stdout).toMatch(/e2e-cli-node-1 .* a\n/);
    expect(stdout).toMatch(/e2e-cli-node-2 +Ready/);
    const taints = await kubectl("get node e2e-cli-node-2 -o jsonpath={.spec.taints[0].key}");
    expect(taints.stdout).toBe("dedicated");
  });

  it("shows each component's state, version, leadership, health and memory", async () => {
    const ready = await eventually(
      "every component is well",
      20_000,
      status,
      ({ state }) => state === "running",
    );
    const names = ready.components.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["postgres", "apiserver", "scheduler"]));
    for (const component of ready.components) {
      expect(component).toMatchObject({ state: "running", health: "ok" });
      expect(component.memoryBytes).toBeGreaterThan(1 << 20);
    }
    const of = (name: string) => ready.components.find((component) => component.name === name);
    expect(of("apiserver")?.version).toMatch(/^v1\.36/);
    expect(of("scheduler")).toMatchObject({ leader: true });
    expect(of("apiserver")).not.toHaveProperty("leader");
    // Two nodes here; the whole of a cluster of one is to stay below 600 MB.
    expect(ready.memoryBytes).toBeLessThan(650e6);
    const { code, stdout } = await kubets("status");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^COMPONENT +STATE +HEALTH +VERSION +LEADER +RESTARTS +PID +MEMORY$/m);
  });

  it("says so when a component is killed, and it comes back", async () => {
    const before = (await status()).components.find(({ name }) => name === "scheduler");
    kill(before?.pid);
    const after = await eventually(
      "the scheduler runs again",
      30_000,
      async () => (await status()).components.find(({ name }) => name === "scheduler"),
      (scheduler) => scheduler?.state === "running" && scheduler.pid !== before?.pid,
    );
    expect(after?.restarts).toBe(1);
  });

  it("restarts a component in place, and that is no failure", async () => {
    const before = await status();
    const restarted = ["supervisor", "apiserver", "scheduler"];
    const { code, stdout, stderr } = await kubets(
      "restart scheduler apiserver supervisor --output json",
    );
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /✓ Restarted supervisor[\s\S]*✓ Restarted apiserver[\s\S]*✓ Restarted scheduler/,
    );
    expect(JSON.parse(stdout)).toEqual({ name: NAME, restarted });
    const after = await status();
    for (const name of restarted) {
      const of = ({ components }: Report) => components.find((each) => each.name === name);
      expect([name, of(after)?.pid]).not.toEqual([name, of(before)?.pid]);
      expect([name, of(after)?.restarts]).toEqual([name, of(before)?.restarts]);
    }
  });

  it("is up already for who brings it up or starts it again", async () => {
    for (const command of ["up", "start"]) {
      const { code, stderr } = await kubets(command);
      expect(stderr).toMatch(/is there already/);
      expect(code).toBe(0);
    }
  });

  it("removes what it made when it is interrupted", async () => {
    const begun = run(
      process.execPath,
      [program, "up", "--name", `${NAME}-2`, "--runtime", "simulated"],
      { env: environment() },
    );
    const file = join(dirname(stateFolder()), `${NAME}-2`);
    await eventually(
      "it is being made",
      20_000,
      () => Promise.resolve(existsSync(join(file, "logs", "supervisor.log"))),
      Boolean,
    );
    const list = execFileSync("ps", ["-eo", "pid=,args="], { encoding: "utf8" });
    const line = list.split("\n").find((each) => each.includes(`up --name ${NAME}-2`));
    process.kill(Number(line?.trim().split(/\s/)[0]), "SIGINT");
    const { code, stderr } = await begun;
    expect(stderr).toMatch(/Removing what was made/);
    expect(code).toBe(130);
    expect(existsSync(file)).toBe(false);
  });

  it("prints logs, their ends, and what is written while it waits", async () => {
    expect((await kubets("logs")).stdout.split("\n")).toEqual(
      expect.arrayContaining(["apiserver", "kubelet-e2e-cli-node-1", "scheduler"]),
    );
    const last = await kubets("logs kubelet e2e-cli-node-1 --tail 1");
    expect(last.stdout.trim().split("\n")).toHaveLength(1);
    expect(await kubets("logs kubelet")).toMatchObject({ code: 1, stdout: "" });
  });

  it("follows a log through its rotation and a restart", async () => {
    const log = join(stateFolder(), "logs", "scheduler.log");
    const words = [program, "logs", "scheduler", "-f", "--tail", "0"];
    const child = spawn(process.execPath, words, { env: { ...process.env, ...environment() } });
    const ended = once(child, "exit");
    let shown = "";
    child.stdout.on("data", (data) => {
      shown += String(data);
    });
    await eventually(
      "it follows",
      20_000,
      async () => {
        appendFileSync(log, "first\n");
        return shown;
      },
      (text) => text.includes("first\n"),
    );
    renameSync(log, `${log}.1`);
    appendFileSync(`${log}.1`, "second\n");
    expect((await kubets("restart scheduler")).code).toBe(0);
    await eventually(
      "what its successor writes is shown",
      20_000,
      async () => shown,
      (text) => /second\n(.*\n)*.*"service":"scheduler"/.test(text),
    );
    child.kill("SIGINT");
    expect(await ended).toEqual([0, null]);
    rmSync(`${log}.1`);
  });

  it.each(["logs apiserver", "status", "--help"])(
    "ends quietly when nobody reads on: %s",
    async (line) => {
      const shell = `"${process.execPath}" "${program}" ${line} | head -n 1`;
      const { code, stdout, stderr } = await run("bash", ["-o", "pipefail", "-c", shell], {
        env: environment(),
      });
      expect(stdout.split("\n")).toHaveLength(2);
      expect(stderr).not.toMatch(/EPIPE|✗|\n\s+at /);
      expect(code).toBe(0);
    },
  );

  it("adds nodes to a running cluster and takes them away again", async () => {
    const added = await kubets("node add --count 1 --label zone=b --output json");
    expect(JSON.parse(added.stdout)).toMatchObject({ nodes: ["e2e-cli-node-3"], ready: true });
    expect((await kubectl("get nodes -l zone=b -o name")).stdout).toBe("node/e2e-cli-node-3\n");
    await kubectl("create deployment spread --image=nginx --replicas=4");
    await kubectl("wait --for=condition=available deployment/spread --timeout=30s");
    const { code, stderr } = await kubets("node remove e2e-cli-node-3");
    expect(stderr).toMatch(/✓ Draining e2e-cli-node-3/);
    expect(code).toBe(0);
    expect((await kubectl("get nodes -o name")).stdout).not.toContain("node-3");
    await kubectl("wait --for=condition=available deployment/spread --timeout=30s");
    expect((await status()).nodes).toEqual(["e2e-cli-node-1", "e2e-cli-node-2"]);
    // `up` again with a higher number adds the rest; two commands at once are two changes.
    const both = await Promise.all([kubets("up --nodes 3"), kubets("node add")]);
    expect(both.map((outcome) => outcome.code)).toEqual([0, 0]);
    const { nodes } = await status();
    expect(nodes.length).toBeGreaterThanOrEqual(3);
    const registered = (await kubectl("get nodes -o name")).stdout.trim().split("\n");
    expect(registered.sort()).toEqual(nodes.map((name) => `node/${name}`).sort());
  });

  it("stops and starts with everything that was in it", async () => {
    await kubectl("create configmap kept --from-literal=a=b");
    expect((await kubets("stop")).code).toBe(0);
    expect(await kubets("stop")).toMatchObject({ code: 0 });
    const stopped = await kubets("status");
    expect(stopped.code).toBe(1);
    expect(stopped.stdout).toContain("is stopped");
    // Another program has taken its port: told at once and why, and tried again when it is free.
    const [, port = ""] =
      /server: https:\/\/[\d.]+:(\d+)/.exec(readFileSync(kubeconfig(), "utf8")) ?? [];
    const squatter = createServer().listen(Number(port), "127.0.0.1");
    await once(squatter, "listening");
    const refused = await kubets("start");
    expect(refused.stderr).toMatch(/ends again and again .*\n.*EADDRINUSE/);
    expect(refused.code).toBe(1);
    squatter.close();
    expect(await kubets("start")).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/Starting cluster "e2e-cli" again/),
    });
    expect((await kubectl("get configmap kept -o jsonpath={.data.a}")).stdout).toBe("b");
    await kubectl("wait --for=condition=available deployment/spread --timeout=30s");
  });

  const componentOf = ({ components }: Report, name: string) =>
    components.find((each) => each.name === name);

  it("goes on under another supervisor when its own is killed", async () => {
    const before = await status();
    kill(componentOf(before, "supervisor")?.pid);
    const after = await eventually(
      "another supervises",
      30_000,
      status,
      (now) =>
        now.state === "running" &&
        componentOf(now, "supervisor")?.pid !== componentOf(before, "supervisor")?.pid,
    );
    const pids = ({ components }: Report) =>
      components.filter(({ name }) => name !== "supervisor").map(({ name, pid }) => [name, pid]);
    expect(new Map(pids(after) as [string, number][])).toEqual(
      new Map(pids(before) as [string, number][]),
    );
  });

  it("tells that nobody looks after what runs when both keepers were killed, and starts it again", async () => {
    const before = await status();
    const pid = componentOf(before, "supervisor")?.pid;
    for (const name of ["guard", "supervisor"]) kill(componentOf(before, name)?.pid);
    const orphaned = await eventually(
      "status tells",
      10_000,
      status,
      ({ state }) => state === "unhealthy",
    );
    expect(componentOf(orphaned, "supervisor")).toMatchObject({
      state: "stopped",
      health: expect.stringMatching(/brings the cluster back/),
    });
    expect(componentOf(orphaned, "apiserver")).toMatchObject({ state: "running", health: "ok" });
    expect((await kubets("start")).code).toBe(0);
    expect((await kubectl("get configmap kept -o jsonpath={.data.a}")).stdout).toBe("b");
    expect(componentOf(await status(), "supervisor")?.pid).not.toBe(pid);
  });

  it("writes the kubeconfig again and lists the cluster", async () => {
    const file = join(folder.path, "second");
    expect((await kubets(`kubeconfig --kubeconfig ${file}`)).stdout.trim()).toBe(file);
    expect(readFileSync(file, "utf8")).toContain(`current-context: kubets-${NAME}`);
    expect((await kubets("list")).stdout.split("\n")).toContain(NAME);
  });

  it("exports every metric that the alert rules and the dashboard name", async () => {
    const folderOf = join(root, "deploy", "compose", "monitoring");
    const used = [
      readFileSync(join(folderOf, "rules.yml"), "utf8"),
      ...readdirSync(join(folderOf, "dashboards")).map((name) =>
        readFileSync(join(folderOf, "dashboards", name), "utf8"),
      ),
    ].join("\n");
    const names = [
      ...used.matchAll(
        /(?<![\w:])((?:apiserver|etcd|scheduler|workqueue|kubelet|process)_\w+)(?=[{)[])/g,
      ),
    ].map(([, name = ""]) => name.replace(/_(bucket|sum|count)$/, ""));
    expect(new Set(names).size).toBeGreaterThan(12);
    // Work queues are there once a controller-manager leads again.
    await eventually(
      "every metric is exported",
      30_000,
      async () => {
        const exported = await exportedMetrics();
        return [...new Set(names)].filter((name) => !exported.has(name));
      },
      ({ length }) => length === 0,
    );
    const promtool = programPath("promtool");
    if (promtool !== undefined) {
      execFileSync(promtool, ["check", "rules", join(folderOf, "rules.yml")]);
      execFileSync(promtool, [
        "check",
        "config",
        "--syntax-only",
        join(folderOf, "prometheus.yml"),
      ]);
    }
  });

  async function exportedMetrics(): Promise<ReadonlySet<string>> {
    const { components } = await status();
    const paths = [
      "/metrics",
      ...components
        .filter(({ name }) => name.startsWith("kubelet "))
        .map(({ name }) => `/api/v1/nodes/${name.split(" ")[1]}/proxy/metrics`),
    ];
    const text = (await Promise.all(paths.map((path) => kubectl(`get --raw ${path}`))))
      .map(({ stdout }) => stdout)
      .concat(componentMetrics());
    return new Set([...text.join("\n").matchAll(/^# TYPE (\S+)/gm)].map(([, name = ""]) => name));
  }

  /** The scheduler and the controller-manager serve theirs to the administrator on ports of their own. */
  function componentMetrics(): string[] {
    const pki = join(stateFolder(), "pki");
    const server = /server: https:\/\/[\d.]+:(\d+)/.exec(readFileSync(kubeconfig(), "utf8"))?.[1];
    return [1, 2].map((offset) =>
      execFileSync(
        "curl",
        [
          "-sk",
          "--cert",
          join(pki, "admin.crt"),
          "--key",
          join(pki, "admin.key"),
          `https://127.0.0.1:${Number(server) + offset}/metrics`,
        ],
        { encoding: "utf8" },
      ),
    );
  }
  function stateFolder(): string {
    const system = join("/var/lib/kubets", NAME);
    return existsSync(system) ? system : join(process.env.HOME ?? "", ".local/state/kubets", NAME);
  }

  it.each([
    ["nonsense", 2, /unknown command 'nonsense'/],
    ["up --nodes none", 2, /must be a whole number from 1 to 100/],
    ["up --runtime docker", 2, /Allowed choices are containerd, simulated/],
    ["up --config /nowhere.yaml", 2, /cannot read \/nowhere\.yaml/],
    ["up --name Upper", 2, /must be 1 to 32 lower case letters/],
    ["up --runtime containerd", 1, /has the simulated runtime; remove it first/],
    ["up --apiservers 2", 1, /runs with 1 apiserver; `stop` it first/],
    ["restart etcd", 1, /there is no component etcd; there is: supervisor, postgres, /],
    ["status --name nobody", 1, /there is no cluster "nobody"; there is: /],
    ["logs etcd", 1, /there is no log of "etcd"; there is: /],
    ["node remove nobody", 1, /has no node nobody; there is: /],
    ["node add --label nonsense", 2, /must look like zone=b/],
    ["load /nowhere.tar", 1, /simulated runtime/],
    ["down --all --name x", 2, /exclude each other/],
    ["completion powershell", 2, /Allowed choices are bash, zsh, fish/],
  ])("answers a mistake in a line, without a stack trace: %s", async (words, code, message) => {
    const outcome = await kubets(words);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.stderr).not.toMatch(/\n\s+at /);
    expect(outcome.code).toBe(code);
  });

  it("explains a mistake in a config file by the field", async () => {
    const { code, stderr } = await kubets("up --config -", `${config}network: {}`);
    expect(code).toBe(2);
    expect(stderr).toMatch(/network: unknown field; known are/);
  });

  it("helps with examples, and shows no empty defaults", async () => {
    const commands =
      "up down stop start restart status list logs kubeconfig load doctor version completion";
    for (const command of [...commands.split(" "), "node add", "node remove"]) {
      const { code, stdout } = await kubets(`${command} --help`);
      expect(code).toBe(0);
      expect(stdout).toMatch(/\nExamples:\n {2}(kubets|npm run kubets --) /);
      expect(stdout).not.toMatch(/default: (\[\]|""|false)\)/);
    }
  });

  it("examines the machine and says its versions", async () => {
    const findings = JSON.parse((await kubets("doctor --output json")).stdout) as {
      check: string;
      result: string;
    }[];
    expect(findings.find(({ check }) => check === "services")?.result).toBe("ok");
    expect((await kubets("doctor")).stdout).toMatch(/A cluster can come up here/);
    expect(JSON.parse((await kubets("version -o json")).stdout)).toMatchObject({
      kubernetes: expect.stringMatching(/^v1\.36/),
    });
  });

  it("removes everything, and removing nothing is no failure", async () => {
    expect((await kubets("down")).code).toBe(0);
    expect(existsSync(stateFolder())).toBe(false);
    expect(readFileSync(kubeconfig(), "utf8")).not.toContain(`kubets-${NAME}`);
    const again = await kubets("down --output json");
    expect(again.code).toBe(0);
    expect(JSON.parse(again.stdout)).toEqual({ removed: [] });
    writeFileSync(kubeconfig(), "");
  });
});
