import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeContainer, makePod, makeRuntimeContainer, makeSandbox } from "../testing/pods.ts";
import { BackOff } from "./back-off.ts";
import { planPod } from "./plan.ts";

const policy = fc.constantFrom("Always", "OnFailure", "Never");
const pod = fc
  .record({
    restartPolicy: policy,
    inits: fc.subarray(["i1", "i2", "i3"]),
    sidecars: fc.subarray(["i1", "i2", "i3"]),
    apps: fc.subarray(["a1", "a2"], { minLength: 1 }),
    isTerminating: fc.boolean(),
    hostNetwork: fc.boolean(),
  })
  .map(({ restartPolicy, inits, sidecars, apps, isTerminating, hostNetwork }) =>
    makePod(
      {
        restartPolicy,
        hostNetwork,
        initContainers: inits.map((name) =>
          makeContainer(name, sidecars.includes(name) ? { restartPolicy: "Always" } : {}),
        ),
        containers: apps.map((name) => makeContainer(name)),
      },
      isTerminating ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {},
    ),
  );
const runtime = fc.record({
  sandboxes: fc.array(
    fc
      .record({
        ready: fc.boolean(),
        attempt: fc.nat(3),
        ips: fc.constantFrom([], ["10.0.0.2"]),
        network: fc.constantFrom("pod" as const, "node" as const),
      })
      .map(({ attempt, ...rest }) =>
        makeSandbox({
          ...rest,
          metadata: { name: "pod", namespace: "default", uid: "uid-1", attempt },
        }),
      ),
    { maxLength: 2 },
  ),
  containers: fc.array(
    fc
      .record({
        name: fc.constantFrom("i1", "i2", "i3", "a1", "a2", "stranger"),
        state: fc.constantFrom("created", "running", "exited", "unknown" as const),
        exitCode: fc.constantFrom(0, 1, 137),
        finishedAtMs: fc.nat(2_000_000),
        restartCount: fc.nat(5),
        id: fc.uuid(),
        hash: fc.constantFrom(undefined, "other"),
      })
      .map(({ name, hash, ...rest }) =>
        makeRuntimeContainer(name, { ...rest, ...(hash === undefined ? {} : { hash }) }),
      ),
    { maxLength: 8 },
  ),
});
const probe = fc.constantFrom("success", "failure", "unknown", undefined);

describe("any plan", () => {
  it("never runs a container twice, nor anything of a pod that ends, whatever the runtime says", () => {
    fc.assert(
      fc.property(pod, runtime, probe, fc.boolean(), (of, seen, result, hasBackOff) => {
        const backOff = new BackOff({ initialMs: 10_000, maxMs: 300_000 });
        const plan = planPod({
          pod: of,
          runtime: seen,
          probes: { result: () => result },
          backOff: hasBackOff ? { waitUntil: () => 2_000_000, delayOf: () => 10_000 } : backOff,
          nowMs: 1_500_000,
        });
        const names = plan.start.map(({ container }) => container.name);
        expect(new Set(names).size).toBe(names.length);
        const killed = new Set(plan.kill.map(({ id }) => id));
        for (const name of names) {
          const latest = seen.containers.find((container) => container.name === name);
          // Two of one container at a time could both write to what there is one of.
          if (latest?.state === "running" && !plan.killAll)
            expect(killed.has(latest.id)).toBe(true);
        }
        const apps = plan.start.filter(({ kind }) => kind === "app");
        if (of.metadata.deletionTimestamp !== undefined && plan.sandbox.needed === false) {
          const fresh = apps.filter(
            ({ container }) => !plan.kill.some(({ name }) => name === container.name),
          );
          expect(fresh).toEqual([]);
        }
        if (plan.sandbox.needed === "none") expect(plan.start).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });
});
