import { FakeClock } from "@kubets/service";
import { beforeEach, describe, expect, it } from "vitest";
import { createProgress } from "./progress.ts";

describe("the progress of a command", () => {
  let clock: FakeClock;
  let written: string;
  beforeEach(() => {
    clock = new FakeClock();
    written = "";
  });
  const on = (output: { readonly isTTY: boolean; readonly quiet?: boolean }) =>
    createProgress(
      {
        write: (text) => {
          written += text;
        },
        color: false,
        ...output,
      },
      clock,
    );

  it("names a step that takes more than a second before it is done, where nothing can spin", async () => {
    const progress = on({ isTTY: false });
    progress.begin("Waiting");
    await clock.advance(999);
    expect(written).toBe("");
    await clock.advance(1);
    expect(written).toBe(" … Waiting\n");
    await clock.advance(2_000);
    progress.done("Waiting");
    expect(written).toBe(" … Waiting\n ✓ Waiting (3.0 s)\n");
    expect(clock.pending).toBe(0);
  });
  it("is one line for a step that is soon done", async () => {
    const progress = on({ isTTY: false });
    progress.begin("Preparing");
    progress.done("Preparing");
    await clock.advance(5_000);
    expect(written).toBe(" ✓ Preparing\n");
  });
  it("spins on a terminal until a failure takes its place", async () => {
    const progress = on({ isTTY: true });
    progress.begin("Starting");
    await clock.advance(100);
    expect(written).toContain("⠋ Starting");
    expect(written).toContain("⠙ Starting");
    progress.failed("Starting");
    expect(written.endsWith("\r\u001b[K ✗ Starting\n")).toBe(true);
    expect(clock.pending).toBe(0);
  });
  it("is nothing but failures for who wants it quiet", async () => {
    const progress = on({ isTTY: false, quiet: true });
    progress.begin("Starting");
    await clock.advance(5_000);
    progress.note("a note");
    progress.done("Starting");
    expect(written).toBe("");
    progress.failed("why");
    expect(written).toBe(" ✗ why\n");
  });
});
