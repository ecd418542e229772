import type { Container, Pod } from "@kubets/api/core/v1";
import { describe, expect, it } from "vitest";
import {
  makeContainer,
  makePod,
  makeRuntimeContainer,
  makeSandbox,
  running,
} from "../testing/pods.ts";
import { BackOff } from "./back-off.ts";
import { backOffKey, planPod } from "./plan.ts";
import type { ProbeKind, ProbeResult } from "./plan-input.ts";
import { EMPTY_RUNTIME, type PodRuntime } from "./pod-runtime.ts";

const NOW_MS = 1_000_000;

function plan(
  pod: Pod,
  runtime: PodRuntime,
  more: { probes?: Record<string, ProbeResult>; backOff?: BackOff; nowMs?: number } = {},
) {
  const result = planPod({
    pod,
    runtime,
    probes: {
      result: (id: string, kind: ProbeKind) => more.probes?.[`${id}/${kind}`],
    },
    backOff: more.backOff ?? new BackOff({ initialMs: 10_000, maxMs: 300_000 }),
    nowMs: more.nowMs ?? NOW_MS,
  });
  return {
    ...result,
    starts: result.start.map(({ action, container }) => `${action} ${container.name}`),
    kills: result.kill.map(({ name, message }) => `${name}: ${message}`),
  };
}

const exited = (name: string, exitCode: number, more = {}) =>
  makeRuntimeContainer(name, { state: "exited", exitCode, finishedAtMs: NOW_MS - 1000, ...more });
const sidecar = (name: string, more: Partial<Container> = {}) =>
  makeContainer(name, { restartPolicy: "Always", ...more });

describe("a plan for the sandbox", () => {
  it("makes the first one, then the app containers", () => {
    const { sandbox, starts, killAll } = plan(makePod(), EMPTY_RUNTIME);
    expect(sandbox).toEqual({ needed: true, attempt: 0, replacedId: undefined });
    expect(starts).toEqual(["start app"]);
    expect(killAll).toBe(true);
  });

  it("replaces one that is not ready, beginning with the first init container", () => {
    const pod = makePod({ initContainers: [makeContainer("a"), makeContainer("b")] });
    const runtime = {
      sandboxes: [makeSandbox({ ready: false })],
      containers: [exited("a", 0), exited("app", 1)],
    };
    const { sandbox, starts, purgeInit } = plan(pod, runtime);
    expect(sandbox).toEqual({ needed: true, attempt: 1, replacedId: "sandbox-1" });
    expect(starts).toEqual(["start a"]);
    expect(purgeInit).toBe(true);
  });

  it("replaces one without an address, but not for pods in the node's network", () => {
    const runtime = {
      sandboxes: [makeSandbox({ ips: [] })],
      containers: [makeRuntimeContainer("app")],
    };
    expect(plan(makePod(), runtime).sandbox.needed).toBe(true);
    const host = {
      sandboxes: [makeSandbox({ ips: [], network: "node" as const })],
      containers: [makeRuntimeContainer("app")],
    };
    expect(plan(makePod({ hostNetwork: true }), host).sandbox.needed).toBe(false);
  });

  it.each([
    ["Never", exited("app", 1)],
    ["OnFailure", exited("app", 0)],
  ])("makes none when nothing is left to run (%s)", (restartPolicy, container) => {
    const runtime = { sandboxes: [makeSandbox({ ready: false })], containers: [container] };
    const { sandbox, starts, killAll } = plan(makePod({ restartPolicy }), runtime);
    expect(sandbox.needed).toBe("none");
    expect(starts).toEqual([]);
    expect(killAll).toBe(true);
  });
});

describe("a plan for app containers", () => {
  it("leaves what runs alone", () => {
    const result = plan(makePod(), running(makeRuntimeContainer("app")));
    expect([result.killAll, result.kills, result.starts]).toEqual([false, [], []]);
  });

  it.each([
    ["Always", 0, ["start app"]],
    ["Always", 1, ["start app"]],
    ["OnFailure", 0, []],
    ["OnFailure", 1, ["start app"]],
    ["Never", 0, []],
    ["Never", 1, []],
  ])("with %s after exit code %i", (restartPolicy, exitCode, starts) => {
    const result = plan(makePod({ restartPolicy }), running(exited("app", exitCode)));
    expect(result.starts).toEqual(starts);
    // Nothing runs and nothing will: the pod is over.
    expect(result.killAll).toBe(starts.length === 0);
  });

  it("follows a container's own policy and its rules before the pod's", () => {
    const own = makeContainer("app", {
      restartPolicy: "Never",
      restartPolicyRules: [{ action: "Restart", exitCodes: { operator: "In", values: [42] } }],
    });
    const pod = makePod({ containers: [own, makeContainer("other")] });
    const other = makeRuntimeContainer("other");
    expect(plan(pod, running(exited("app", 1), other)).starts).toEqual([]);
    expect(plan(pod, running(exited("app", 42), other)).starts).toEqual(["start app"]);
  });

  it("counts restarts up", () => {
    const [start] = plan(makePod(), running(exited("app", 1, { restartCount: 4 }))).start;
    expect(start).toMatchObject({ restartCount: 5 });
  });

  it("kills and restarts a container whose image changed", () => {
    const pod = makePod({ containers: [makeContainer("app", { image: "other" })] });
    const result = plan(pod, running(makeRuntimeContainer("app")));
    expect(result.kills).toEqual(["app: Container app definition changed, will be restarted"]);
    expect(result.starts).toEqual(["start app"]);
  });

  it("kills and restarts a container that failed its liveness probe", () => {
    const result = plan(makePod(), running(makeRuntimeContainer("app")), {
      probes: { "id-app/liveness": "failure" },
    });
    expect(result.kills).toEqual(["app: Container app failed liveness probe, will be restarted"]);
    expect(result.starts).toEqual(["start app"]);
  });

  it("starts nothing of a pod that is being deleted", () => {
    const pod = makePod({}, { deletionTimestamp: "2026-01-01T00:00:00Z" });
    expect(plan(pod, running(exited("app", 1))).starts).toEqual([]);
  });

  it("starts an ephemeral container once", () => {
    const pod = makePod({ ephemeralContainers: [{ name: "debug", image: "busybox" }] });
    const app = makeRuntimeContainer("app");
    expect(plan(pod, running(app)).starts).toEqual(["start debug"]);
    expect(plan(pod, running(app, exited("debug", 1))).starts).toEqual([]);
  });
});

describe("a plan while a container backs off", () => {
  it("waits with upstream's message, until the time is over", () => {
    const pod = makePod();
    const [container] = pod.spec?.containers ?? [];
    const backOff = new BackOff({ initialMs: 10_000, maxMs: 300_000 });
    const ended = exited("app", 1);
    backOff.next(backOffKey(pod, container ?? makeContainer("app")), NOW_MS - 5000, NOW_MS - 5000);
    const [wait] = plan(pod, running(ended), { backOff }).start;
    expect(wait).toMatchObject({
      action: "wait",
      untilMs: NOW_MS - 1000 + 10_000,
      message: "back-off 10s restarting failed container=app pod=pod_default(uid-1)",
    });
    const later = plan(pod, running(ended), { backOff, nowMs: NOW_MS + 9000 });
    expect(later.starts).toEqual(["start app"]);
  });
});

describe("a plan for init containers", () => {
  const pod = makePod({ initContainers: [makeContainer("a"), makeContainer("b")] });

  it("starts them one after the other and the apps after the last", () => {
    expect(plan(pod, running()).starts).toEqual(["start a"]);
    expect(plan(pod, running(makeRuntimeContainer("a"))).starts).toEqual([]);
    expect(plan(pod, running(exited("a", 0))).starts).toEqual(["start b"]);
    expect(plan(pod, running(exited("b", 0), exited("a", 0))).starts).toEqual(["start app"]);
  });

  it("goes on from the last one when the runtime has lost the earlier ones", () => {
    expect(plan(pod, running(exited("b", 0))).starts).toEqual(["start app"]);
  });

  it("tries a failed one again, and ends the pod when it may not", () => {
    expect(plan(pod, running(exited("a", 1))).starts).toEqual(["start a"]);
    const never = makePod({ ...pod.spec, restartPolicy: "Never" });
    expect(plan(never, running(exited("a", 1)))).toMatchObject({ killAll: true, starts: [] });
  });

  it("does not run them again while app containers run", () => {
    expect(plan(pod, running(makeRuntimeContainer("app"))).starts).toEqual([]);
  });
});

describe("a plan for sidecars", () => {
  const probe = { exec: { command: ["true"] } };
  const pod = makePod({
    initContainers: [sidecar("side", { startupProbe: probe }), makeContainer("last")],
  });

  it("begins what comes next only when the sidecar has started", () => {
    const side = makeRuntimeContainer("side");
    expect(plan(pod, running(side)).starts).toEqual([]);
    const started = { probes: { "id-side/startup": "success" as const } };
    expect(plan(pod, running(side), started).starts).toEqual(["start last"]);
  });

  it("restarts one that ended, beside the apps", () => {
    const runtime = running(makeRuntimeContainer("app"), exited("last", 0), exited("side", 1));
    expect(plan(pod, runtime).starts).toEqual(["start side"]);
  });

  it("does not let it keep a pod alive whose apps are done", () => {
    const never = makePod({ ...pod.spec, restartPolicy: "Never" });
    const runtime = running(exited("app", 0), exited("last", 0), makeRuntimeContainer("side"));
    const started = { probes: { "id-side/startup": "success" as const } };
    expect(plan(never, runtime, started)).toMatchObject({ killAll: true, starts: [] });
  });
});
