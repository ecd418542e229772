/** What the program says to mistakes: what is wrong and what to do, never a stack trace, and the code scripts look at. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createProgress } from "@kubets/cluster";
import { FakeClock } from "@kubets/service";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { runProgram } from "./program.ts";

const folder = mkdtempSync(join(tmpdir(), "kubets-mistakes-"));
const file = (name: string) => join(folder, name);

/** A command line as typed, with @name for a file of the folder. */
async function type(line: string) {
  let printed = "";
  let code: number | undefined;
  const clock = new FakeClock();
  const write = (text: string) => {
    printed += text;
  };
  const words = line.split(" ").filter((word) => word !== "");
  const result = await runProgram(
    {
      context: {
        environment: {
          HOME: folder,
          XDG_STATE_HOME: folder,
          XDG_RUNTIME_DIR: folder,
        },
        clock,
        progress: createProgress({ write, isTTY: false, color: false }, clock),
        self: ["kubets"],
      },
      own: "kubets",
      print: write,
      write: () => Promise.resolve(),
      endOnInterrupt: () => {},
      endNow: (wanted) => {
        throw new RangeError(`a mistake ends nothing: ${wanted}`);
      },
      exitWith: (wanted) => {
        code = wanted;
      },
    },
    { writeOut: write, writeErr: write },
    words.map((word) => word.replace(/@(\S+)/, (_, name: string) => file(name))),
  );
  return { printed, code: result === 0 ? (code ?? 0) : result };
}

const head = "kind: Cluster\napiVersion: kubets.io/v1alpha1\n";

beforeAll(() => {
  mkdirSync(file("folder"));
  writeFileSync(file("broken.yaml"), "a: [");
  writeFileSync(file("empty.yaml"), "");
  writeFileSync(file("list.yaml"), "- a\n- b\n");
  writeFileSync(file("pod.yaml"), "kind: Pod\napiVersion: v1\n");
  writeFileSync(file("kind.yaml"), "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n");
  writeFileSync(file("roles.yaml"), `${head}nodes: [{role: worker}]\n`);
  writeFileSync(file("many.yaml"), `${head}nodes: 101\n`);
  writeFileSync(file("taint.yaml"), `${head}nodes: [{taints: [dedicated]}]\n`);
  writeFileSync(file("subnet.yaml"), `${head}networking: {podSubnet: 10.60.0.0/12}\n`);
  writeFileSync(file("text"), "just words\n");
  writeFileSync(file("indent"), "a: b\n c: d\n");
  symlinkSync(file("circle"), file("circle"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a mistake in the command line ends with code 2", () => {
  it.each([
    ["", /Usage: kubets \[options\] \[command\]/],
    ["nonsense", /unknown command 'nonsense'\n\(add --help for help\)/],
    ["ups", /Did you mean up\?/],
    ["--bogus", /unknown option '--bogus'/],
    ["up extra", /got 1: extra\. \(a cluster is named by --name\)/],
    ["up --node 2", /unknown option '--node'\n\(Did you mean --nodes\?\)/],
    ["up --nodes", /option '--nodes <count>' argument missing/],
    ["up --nodes 0", /must be a whole number from 1 to 100/],
    ["up --nodes 1.5", /must be a whole number from 1 to 100/],
    ["up --nodes many", /must be a whole number from 1 to 100/],
    ["up --apiservers 9", /must be a whole number from 1 to 8/],
    ["up --wait -1", /must be a whole number from 0 to 3600/],
    ["up --runtime docker", /Allowed choices are containerd, simulated/],
    ["up --name Upper", /must be 1 to 32 lower case letters/],
    ["up --name a/b", /must be 1 to 32 lower case letters/],
    ["up --database-url db.example", /must look like postgres:\/\//],
    ["up --registry-mirror docker.io", /must look like docker\.io=http/],
    ["up --config @nowhere.yaml", /cannot read \S+nowhere\.yaml: there is no such file/],
    ["up --config @folder", /cannot read \S+folder: it is a folder/],
    ["up --config @circle", /cannot read \S+circle: its links go round/],
    ["up --config @broken.yaml", /broken\.yaml: not YAML: /],
    ["up --config @empty.yaml", /empty\.yaml: not YAML: .*empty/],
    ["up --config @list.yaml", /list\.yaml: must be a map/],
    ["up --config @pod.yaml", /pod\.yaml: kind: must be Cluster, not "Pod"/],
    ["up --config @kind.yaml", /apiVersion: .* a file of kind has other fields/],
    ["up --config @roles.yaml", /nodes\[0\]\.role: unknown field; known are labels, taints/],
    ["up --config @many.yaml", /nodes: must be 1 to 100/],
    ["up --config @taint.yaml", /nodes\[0\]\.taints\[0\]: must look like dedicated=db:NoSchedule/],
    ["up --config @subnet.yaml", /networking\.podSubnet: must be an IPv4 range of size \/16/],
    ["down nobody", /got 1: nobody\. \(a cluster is named by --name\)/],
    ["down --name ../../etc", /must be 1 to 32 lower case letters/],
    ["down --all --name x", /--all and --name exclude each other/],
    ["status --output yaml", /Allowed choices are text, json/],
    ["node", /Usage: kubets node/],
    ["node add --count 0", /must be a whole number from 1 to 100/],
    ["node add --label zone", /must look like zone=b/],
    ["node add --taint dedicated", /must look like dedicated=db:NoSchedule/],
    ["node remove", /missing required argument 'node'/],
    ["load", /missing required argument 'archive'/],
    ["logs --tail some", /must be a whole number/],
    ["completion", /missing required argument 'shell'/],
    ["completion powershell", /Allowed choices are bash, zsh, fish/],
    ["version extra", /too many arguments/],
  ])("kubets %s", async (line, message) => {
    const { printed, code } = await type(line);
    expect(printed).toMatch(message);
    expect(printed).not.toMatch(/\n\s+at /);
    expect(code).toBe(2);
  });

  it("without a stack trace, also for who wants to know everything", async () => {
    const { printed, code } = await type("--verbose up --config @nowhere.yaml");
    expect(printed).toMatch(/cannot read \S+nowhere\.yaml: there is no such file/);
    expect(printed).not.toMatch(/\n\s+at /);
    expect(code).toBe(2);
  });

  it("also when the environment names the cluster", async () => {
    // commander looks at the process itself.
    vi.stubEnv("KUBETS_CLUSTER_NAME", "BAD NAME");
    const { printed, code } = await type("status").finally(() => vi.unstubAllEnvs());
    expect(printed).toMatch(/'BAD NAME' from env 'KUBETS_CLUSTER_NAME'/);
    expect(code).toBe(2);
  });
});

describe("what cannot be done ends with code 1, before anything is made", () => {
  it.each([
    ...["stop", "start", "restart", "status", "logs", "kubeconfig", "node add", "load x.tar"].map(
      (command) =>
        [`${command} --name no-such-cluster`, /there is no cluster "no-such-cluster"/] as const,
    ),
    ["node remove n --name no-such-cluster", /there is no cluster "no-such-cluster"/] as const,
    ["up --kubeconfig @text", /text is not a kubeconfig; move it away/] as const,
    ["up --kubeconfig @indent", /indent is not a kubeconfig \(.*\); move it away/] as const,
    ["up --kubeconfig @folder", /cannot read the kubeconfig: \S+folder: it is a folder/] as const,
    ["up --kubeconfig @text/config", /cannot write the kubeconfig: /] as const,
  ])("kubets %s", async (line, message) => {
    const { printed, code } = await type(line);
    expect(printed).toMatch(message);
    expect(printed).not.toMatch(/\n\s+at |Creating cluster|E[A-Z]{4,}/);
    expect(code).toBe(1);
  });
});

describe("what is no mistake", () => {
  it("is a cluster to remove that is not there", async () => {
    const { printed, code } = await type("down --name no-such-cluster");
    expect(printed).toBe('There is no cluster "no-such-cluster"; nothing to remove.\n');
    expect(code).toBe(0);
  });
  it("is asking for help, which tells the exit codes", async () => {
    const { printed, code } = await type("--help");
    expect(printed).toMatch(
      /Examples:\n {2}kubets up\n[\s\S]*Exit codes:\n {2}0 +done\n {2}1 +failed/,
    );
    expect(code).toBe(0);
  });
});
