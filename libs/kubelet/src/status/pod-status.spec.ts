import type { Pod, PodStatus } from "@kubets/api/core/v1";
import { describe, expect, it } from "vitest";
import { EMPTY_RUNTIME, type PodRuntime } from "../pod/pod-runtime.ts";
import { makeContainer, makePod, makeRuntimeContainer, running } from "../testing/pods.ts";
import { finalStatus, type PodStatusInput, podStatus } from "./pod-status.ts";

const NOW_MS = Date.UTC(2026, 0, 1);

function status(pod: Pod, runtime: PodRuntime, more: Partial<PodStatusInput> = {}): PodStatus {
  return podStatus({
    pod,
    previous: pod.status ?? {},
    runtime,
    runtimeName: "containerd",
    failures: new Map(),
    probes: { result: () => undefined },
    isTerminal: false,
    hostIps: ["192.0.2.1"],
    supportsRecursiveReadOnly: false,
    nowMs: NOW_MS,
    ...more,
  });
}

function conditions(of: PodStatus): Record<string, string> {
  return Object.fromEntries(
    (of.conditions ?? []).map(({ type, status: now, reason }) => [
      type,
      reason ? `${now} ${reason}` : now,
    ]),
  );
}

const exited = (name: string, exitCode: number) =>
  makeRuntimeContainer(name, {
    state: "exited",
    exitCode,
    reason: exitCode === 0 ? "Completed" : "Error",
    finishedAtMs: 2000,
  });

describe("the status of a pod", () => {
  it("is pending, with its containers being made, before anything is there", () => {
    const made = status(makePod(), EMPTY_RUNTIME);
    expect(made).toMatchObject({
      phase: "Pending",
      qosClass: "BestEffort",
      startTime: "2026-01-01T00:00:00Z",
      hostIP: "192.0.2.1",
      observedGeneration: 1,
      containerStatuses: [
        {
          state: { waiting: { reason: "ContainerCreating" } },
          ready: false,
          started: false,
          imageID: "",
        },
      ],
    });
    expect(conditions(made)).toEqual({
      PodReadyToStartContainers: "False",
      Initialized: "True",
      Ready: "False ContainersNotReady",
      ContainersReady: "False ContainersNotReady",
      PodScheduled: "True",
    });
    expect(made.conditions?.find(({ type }) => type === "Ready")?.message).toBe(
      "containers with unready status: [app]",
    );
  });

  it("is running and ready when its containers run", () => {
    const made = status(makePod(), running(makeRuntimeContainer("app")));
    expect(made).toMatchObject({
      phase: "Running",
      podIP: "10.0.0.2",
      podIPs: [{ ip: "10.0.0.2" }],
    });
    expect(made.containerStatuses?.[0]).toMatchObject({
      containerID: "containerd://id-app",
      image: "docker.io/library/busybox:latest",
      imageID: "sha256:abc",
      ready: true,
      started: true,
      restartCount: 0,
      state: { running: { startedAt: "1970-01-01T00:00:01Z" } },
    });
    expect(conditions(made).Ready).toBe("True");
  });

  it("waits for the init containers", () => {
    const pod = makePod({ initContainers: [makeContainer("init")] });
    const made = status(pod, running(makeRuntimeContainer("init")));
    expect(made.phase).toBe("Pending");
    expect(made.containerStatuses?.[0]?.state).toEqual({ waiting: { reason: "PodInitializing" } });
    expect(conditions(made).Initialized).toBe("False ContainersNotInitialized");
  });

  it("tells why a container that ended is not started again, and how it ended", () => {
    const failures = new Map([["app", { reason: "CrashLoopBackOff", message: "back-off 10s" }]]);
    const [made] =
      status(makePod(), running(exited("app", 1)), { failures }).containerStatuses ?? [];
    expect(made?.state).toEqual({
      waiting: { reason: "CrashLoopBackOff", message: "back-off 10s" },
    });
    expect(made?.lastState?.terminated).toMatchObject({ exitCode: 1, reason: "Error" });
  });

  it.each([
    ["Always", 0, "Running"],
    ["Always", 1, "Running"],
    ["OnFailure", 1, "Running"],
    ["OnFailure", 0, "Succeeded"],
    ["Never", 0, "Succeeded"],
    ["Never", 1, "Failed"],
  ])("with %s after exit code %i is %s", (restartPolicy, exitCode, phase) => {
    expect(status(makePod({ restartPolicy }), running(exited("app", exitCode))).phase).toBe(phase);
  });

  it("has reasons of its own when the pod is over", () => {
    const made = status(makePod({ restartPolicy: "Never" }), running(exited("app", 0)));
    expect(conditions(made)).toMatchObject({
      Initialized: "True PodCompleted",
      Ready: "False PodCompleted",
      ContainersReady: "False PodCompleted",
    });
  });

  it("is ready only when the readiness probe says so", () => {
    const pod = makePod({
      containers: [makeContainer("app", { readinessProbe: { tcpSocket: { port: 80 } } })],
    });
    const runtime = running(makeRuntimeContainer("app"));
    const ready = (result: "success" | "failure") =>
      status(pod, runtime, {
        probes: { result: (_, kind) => (kind === "readiness" ? result : undefined) },
      }).containerStatuses?.[0]?.ready;
    expect([ready("failure"), ready("success")]).toEqual([false, true]);
  });

  it("waits for readiness gates, which others set", () => {
    const pod = makePod({ readinessGates: [{ conditionType: "example.com/ok" }] });
    const runtime = running(makeRuntimeContainer("app"));
    expect(conditions(status(pod, runtime)).Ready).toBe("False ReadinessGatesNotReady");
    const gated = { ...pod, status: { conditions: [{ type: "example.com/ok", status: "True" }] } };
    const made = status(gated, runtime);
    expect(conditions(made)).toMatchObject({ Ready: "True", "example.com/ok": "True" });
  });

  it("keeps the time of a condition as long as it stays", () => {
    const first = status(makePod(), EMPTY_RUNTIME);
    const second = status(makePod(), running(makeRuntimeContainer("app")), {
      previous: first,
      nowMs: NOW_MS + 5000,
    });
    const times = Object.fromEntries(
      (second.conditions ?? []).map(({ type, lastTransitionTime }) => [type, lastTransitionTime]),
    );
    expect(times.Initialized).toBe("2026-01-01T00:00:00Z");
    expect(times.Ready).toBe("2026-01-01T00:00:05Z");
  });

  it("does not lose a container that ran and that the runtime forgot", () => {
    const before = status(makePod(), running(makeRuntimeContainer("app")));
    const [made] = status(makePod(), running(), { previous: before }).containerStatuses ?? [];
    expect(made?.lastState?.terminated).toMatchObject({
      reason: "ContainerStatusUnknown",
      exitCode: 137,
    });
    expect(made?.restartCount).toBe(1);
  });

  it("never leaves a phase that is final", () => {
    const pod: Pod = { ...makePod(), status: { phase: "Failed", reason: "Evicted" } };
    expect(status(pod, running(makeRuntimeContainer("app")))).toMatchObject({
      phase: "Failed",
      reason: "Evicted",
    });
  });

  it("takes the node's address in the node's network", () => {
    expect(status(makePod({ hostNetwork: true }), EMPTY_RUNTIME).podIP).toBe("192.0.2.1");
  });

  it("counts containers that were not seen to end as failed, at the end", () => {
    const last = finalStatus(status(makePod(), running(makeRuntimeContainer("app"))));
    expect(last.phase).toBe("Failed");
    expect(last.containerStatuses?.[0]?.state?.terminated?.reason).toBe("ContainerStatusUnknown");
  });
});
