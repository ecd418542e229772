import { FakeClock } from "@kubets/service";
import { describe, expect, it } from "vitest";
import type { SandboxConfig } from "../runtime.ts";
import { AddressPool } from "./address-pool.ts";
import { scriptedExit, simulatedPorts, simulatedProbeFails } from "./annotations.ts";
import { parseShellLine } from "./shell-words.ts";
import { createSimulatedRuntime } from "./simulated-runtime.ts";

describe("lines of the simulated shell", () => {
  const env = new Map([["NAME", "x y"]]);
  const wordsOf = (line: string) => parseShellLine(line, env)?.map(({ words }) => words);

  it.each([
    ["echo a  b", [["echo", "a", "b"]]],
    ["echo 'a $NAME' \"b $NAME\" $NAME", [["echo", "a $NAME", "b x y", "x y"]]],
    ["true && echo yes; false || exit 2", [["true"], ["echo", "yes"], ["false"], ["exit", "2"]]],
    ["echo a\\ b", [["echo", "a b"]]],
    ["", []],
  ])("%s is understood", (line, words) => {
    expect(wordsOf(line)).toEqual(words);
  });

  it("send output elsewhere", () => {
    expect(
      parseShellLine("echo a >&2; echo b > /dev/null", env)?.map(({ stdout }) => stdout),
    ).toEqual(["stderr", "nowhere"]);
  });

  it.each([
    "a | b",
    "while true; do x; done",
    "echo $(id)",
    "echo `id`",
    "cat < file",
    "echo 'open",
    "a &",
    "ls *",
  ])("%s is not run at all", (line) => {
    expect(parseShellLine(line, env)).toBeUndefined();
  });
});

describe("the addresses of simulated pods", () => {
  it("come from the range, without its first two and its last", () => {
    const pool = new AddressPool("10.1.2.0/29");
    expect([pool.take(), pool.take(), pool.take(), pool.take(), pool.take()]).toEqual(
      [2, 3, 4, 5, 6].map((last) => `10.1.2.${last}`),
    );
    expect(() => pool.take()).toThrow("no IP addresses available");
  });

  it("can be taken again when they were given back", () => {
    const pool = new AddressPool("10.1.2.0/29");
    const all = [1, 2, 3, 4, 5].map(() => pool.take());
    pool.release(all[2] ?? "");
    expect(pool.take()).toBe(all[2]);
  });

  it.each(["10.1.2.0", "10.1.2.0/31", "fd00::/64", "10.1.300.0/24"])(
    "do not come from %s",
    (cidr) => {
      expect(() => new AddressPool(cidr)).toThrow(RangeError);
    },
  );
});

describe("annotations of simulated pods", () => {
  it("say how and when a container ends", () => {
    const annotations = {
      "simulation.kubets.dev/exit.app": "3@1.5",
      "simulation.kubets.dev/exit.bad": "x",
    };
    expect(scriptedExit(annotations, "app")).toEqual({ exitCode: 3, afterMs: 1500 });
    expect(scriptedExit(annotations, "bad")).toBeUndefined();
  });

  it("say which probes fail", () => {
    const annotations = { "simulation.kubets.dev/probe.app": "readiness=failure, startup=failure" };
    expect(simulatedProbeFails(annotations, "app", "startup")).toBe(true);
    expect(simulatedProbeFails(annotations, "app", "liveness")).toBe(false);
  });
});

describe("ports of simulated pods", () => {
  it.each([
    ["8080", [8080]],
    ["8080, 9090", [8080, 9090]],
    ["http, -1, 0", []],
    ["", []],
  ])("by %j are %j", (value, ports) => {
    expect(simulatedPorts({ "simulation.kubets.dev/echo": value })).toEqual(ports);
  });
});

describe("a simulated sandbox", () => {
  const config: SandboxConfig = {
    metadata: { name: "p", namespace: "d", uid: "u", attempt: 0 },
    hostname: "p",
    logDirectory: "/nowhere",
    portMappings: [],
    labels: {},
    annotations: {},
    cgroupParent: "",
    sysctls: {},
    security: {
      namespaces: { network: "pod", pid: "container", ipc: "pod" },
      supplementalGroups: [],
      privileged: false,
      seccomp: { type: "RuntimeDefault" },
    },
  };

  it("waits for the node's pod range, and gets an address of it", async () => {
    const runtime = createSimulatedRuntime({ clock: new FakeClock(), writesLogs: false });
    await expect(runtime.runSandbox(config, "")).rejects.toThrow("no pod range");
    await runtime.updatePodCidr("10.7.0.0/24");
    const id = await runtime.runSandbox(config, "");
    expect((await runtime.sandboxStatus(id)).ips).toEqual(["10.7.0.2"]);
  });

  it("sends back what it gets on the ports it names, and on no other", async () => {
    const runtime = createSimulatedRuntime({ clock: new FakeClock(), podCidr: "10.7.0.0/24" });
    const annotations = { "simulation.kubets.dev/echo": "7" };
    const id = await runtime.runSandbox({ ...config, annotations }, "");
    const endpoint = await runtime.portForward(id, [7]);
    if (endpoint.kind !== "session") throw new Error("the simulated runtime has no server");
    const connection = await endpoint.connect(7);
    connection.end("echo");
    expect(String(await new Promise((resolve) => connection.once("data", resolve)))).toBe("echo");
    await expect(endpoint.connect(8)).rejects.toMatchObject({ code: "unavailable" });
  });

  it("costs no timer while its containers just run", async () => {
    const clock = new FakeClock();
    const runtime = createSimulatedRuntime({ clock, podCidr: "10.7.0.0/24", writesLogs: false });
    await runtime.runSandbox(config, "");
    expect(clock.pending).toBe(0);
  });
});
