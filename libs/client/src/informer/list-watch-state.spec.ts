import { describe, expect, it } from "vitest";
import { INITIAL_STATE, type ListWatchOutcome, stepListWatch } from "./list-watch-state.ts";

const delayMs = (failures: number) => failures * 100;
const run = (...outcomes: ListWatchOutcome[]) =>
  outcomes.reduce((state, outcome) => stepListWatch(state, outcome, delayMs), INITIAL_STATE);

describe("the list+watch state machine", () => {
  it("watches from the list's revision", () => {
    expect(run({ kind: "listed", revision: "7" })).toEqual({
      kind: "watching",
      revision: "7",
      failures: 0,
      expirations: 0,
    });
  });

  it("resumes from the last revision seen after the connection broke, with growing pauses", () => {
    const broken = [
      { kind: "listed", revision: "7" },
      { kind: "progressed", revision: "9" },
      { kind: "watchFailed" },
    ] as const;
    const state = run(...broken);
    expect(state).toMatchObject({
      kind: "waiting",
      delayMs: 100,
      next: { kind: "watching", revision: "9" },
    });
    expect(run(...broken, { kind: "waited" }, { kind: "watchFailed" })).toMatchObject({
      delayMs: 200,
    });
  });

  it("goes on at once after the server ended a watch that had gone well", () => {
    expect(
      run(
        { kind: "listed", revision: "7" },
        { kind: "progressed", revision: "8" },
        { kind: "watchEnded" },
      ),
    ).toMatchObject({ kind: "watching", revision: "8" });
  });

  it("lists again at once when its revision is too old, and pauses when that does not help", () => {
    const once = [{ kind: "listed", revision: "7" }, { kind: "expired" }] as const;
    expect(run(...once)).toMatchObject({ kind: "listing" });
    expect(run(...once, { kind: "listed", revision: "8" }, { kind: "expired" })).toMatchObject({
      kind: "waiting",
      next: { kind: "listing" },
    });
  });

  it("forgets failures once something came", () => {
    const state = run(
      { kind: "listFailed" },
      { kind: "waited" },
      { kind: "listed", revision: "1" },
      { kind: "progressed", revision: "2" },
    );
    expect(state).toEqual({ kind: "watching", revision: "2", failures: 0, expirations: 0 });
  });
});
