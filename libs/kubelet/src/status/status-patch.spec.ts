import { schemas } from "@kubets/api";
import type { PodStatus } from "@kubets/api/core/v1";
import { applyStrategicMergePatch } from "@kubets/patch";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isEqual, statusPatch } from "./status-patch.ts";

const condition = fc.record({
  type: fc.constantFrom("Ready", "Initialized", "PodScheduled", "example.com/gate"),
  status: fc.constantFrom("True", "False"),
  reason: fc.option(fc.constantFrom("A", "B"), { nil: undefined }),
});
const anyStatus: fc.Arbitrary<PodStatus> = fc.record({
  phase: fc.constantFrom("Pending", "Running", undefined),
  message: fc.option(fc.string(), { nil: undefined }),
  conditions: fc.uniqueArray(condition, { selector: ({ type }) => type }),
  podIPs: fc.option(
    fc.uniqueArray(fc.record({ ip: fc.constantFrom("10.0.0.1", "10.0.0.2", "fd00::1") }), {
      selector: ({ ip }) => ip,
    }),
    { nil: undefined },
  ),
  containerStatuses: fc.array(
    fc.record({
      name: fc.constantFrom("a", "b"),
      ready: fc.boolean(),
      restartCount: fc.nat(3),
      image: fc.constant("i"),
      imageID: fc.constant(""),
    }),
    { maxLength: 2 },
  ),
});

describe("the patch from one status to another", () => {
  it("is nothing when they are the same", () => {
    fc.assert(
      fc.property(anyStatus, (one) => statusPatch("u", one, structuredClone(one)) === undefined),
    );
  });

  it("gives the other when it is applied, and leaves conditions alone that only the first has", () => {
    const type = schemas.kind("", "v1", "Pod");
    if (type === undefined) throw new Error("there is no schema of Pod");
    fc.assert(
      fc.property(anyStatus, anyStatus, (from, to) => {
        const patch = statusPatch("u", from, to);
        if (patch === undefined) return true;
        const json = (value: unknown) => JSON.parse(JSON.stringify(value));
        const pod = { apiVersion: "v1", kind: "Pod", metadata: { uid: "u" }, status: json(from) };
        const patched = json(applyStrategicMergePatch(pod, json(patch), type)).status ?? {};
        const expectedConditions = [
          ...(to.conditions ?? []),
          ...(from.conditions ?? []).filter(
            (old) => !(to.conditions ?? []).some((each) => each.type === old.type),
          ),
        ];
        const sorted = (list: readonly { type?: string; ip?: string }[] | undefined) =>
          [...(list ?? [])].sort((a, b) =>
            (a.type ?? a.ip ?? "") < (b.type ?? b.ip ?? "") ? -1 : 1,
          );
        return (
          isEqual(patched.phase, to.phase) &&
          isEqual(patched.message, to.message) &&
          isEqual(patched.containerStatuses ?? [], json(to.containerStatuses)) &&
          isEqual(sorted(patched.podIPs), sorted(to.podIPs)) &&
          isEqual(sorted(patched.conditions), json(sorted(expectedConditions)))
        );
      }),
    );
  });

  it("names the pod, so that it cannot hit another of the same name", () => {
    expect(statusPatch("u", {}, { phase: "Running" })).toEqual({
      metadata: { uid: "u" },
      status: { phase: "Running" },
    });
  });
});
