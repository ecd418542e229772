import type { Job } from "@kubets/api/batch/v1";
import { describe, expect, it } from "vitest";
import { expiryMs } from "./plan.ts";

const END = "2026-01-01T00:00:00Z";
const job = (ttlSecondsAfterFinished: number | undefined, type?: string, status = "True"): Job => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name: "j" },
  spec: {
    template: {},
    ...(ttlSecondsAfterFinished === undefined ? {} : { ttlSecondsAfterFinished }),
  },
  ...(type === undefined
    ? {}
    : { status: { conditions: [{ type, status, lastTransitionTime: END }] } }),
});

describe("when a Job may go", () => {
  it.each<[string, Job, number | undefined]>([
    ["complete", job(60, "Complete"), Date.parse(END) + 60_000],
    ["failed, at once", job(0, "Failed"), Date.parse(END)],
    ["still running", job(60), undefined],
    ["about to fail", job(60, "FailureTarget"), undefined],
    ["not failed", job(60, "Failed", "False"), undefined],
    ["without a limit", job(undefined, "Complete"), undefined],
  ])("%s", (_, input, expected) => {
    expect(expiryMs(input)).toBe(expected);
  });
});
