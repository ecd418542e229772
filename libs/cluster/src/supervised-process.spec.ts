import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeClock, silentLogger, systemClock } from "@kubets/service";
import { afterAll, describe, expect, it } from "vitest";
import { isRunning, startTimeOf } from "./process-record.ts";
import { SupervisedProcess } from "./supervised-process.ts";

const folder = mkdtempSync(join(tmpdir(), "kubets-process-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let made = 0;

function child(script: string, clock = new FakeClock(), stopTimeoutMs = 1000) {
  const logFile = join(folder, `${made++}.log`);
  let onChange: () => void = () => {};
  const process_ = new SupervisedProcess(
    { name: "test", program: process.execPath, args: ["-e", script], logFile, stopTimeoutMs },
    clock,
    silentLogger,
    () => onChange(),
  );
  const until = (state: string) =>
    new Promise<void>((resolve) => {
      onChange = () => process_.state.state === state && resolve();
      onChange();
    });
  return { process_, logFile, clock, until };
}

describe("a supervised process", () => {
  it("is started again after it ends, each time later", async () => {
    const { process_, logFile, clock, until } = child("console.log('ran')");
    process_.start();
    await until("waiting");
    expect(process_.state).toMatchObject({ restarts: 1, lastExit: "exit code 0" });
    await clock.advance(200);
    await until("waiting");
    expect(process_.state).toMatchObject({ restarts: 2 });
    await clock.advance(200);
    expect(process_.state.state).toBe("waiting");
    await clock.advance(200);
    await until("waiting");
    expect(process_.state).toMatchObject({ restarts: 3 });
    expect(process_.whyHopeless()).toBe("exit code 0");
    expect(process_.whyHopeless(1)).toBeUndefined();
    await process_.stop();
    expect(clock.pending).toBe(0);
    expect(readFileSync(logFile, "utf8")).toBe("ran\nran\nran\n");
  });
  it("is killed when it does not end in time", async () => {
    const script = "process.on('SIGTERM', () => {}); setTimeout(() => {}, 60000)";
    const { process_, until } = child(script, systemClock as FakeClock, 50);
    process_.start();
    await until("running");
    const record = process_.record();
    expect(record !== undefined && isRunning(record)).toBe(true);
    await process_.stop();
    expect(process_.state).toEqual({ state: "stopped" });
    expect(record !== undefined && isRunning(record)).toBe(false);
  });
  it("is replaced on request without a wait, and that is no failure", async () => {
    const script = "console.log('ran'); setInterval(() => {}, 1000)";
    const { process_, until } = child(script);
    process_.start();
    await until("running");
    const before = process_.record()?.pid;
    await process_.restart();
    expect(process_.state).toMatchObject({ state: "running", restarts: 0 });
    expect(process_.record()?.pid).not.toBe(before);
    await process_.stop();
    expect(process_.state).toEqual({ state: "stopped" });
  });
  it("says why it was killed, and when it starts again", async () => {
    const { process_, until, clock } = child("setInterval(() => {}, 1000)");
    process_.start();
    await until("running");
    process_.kill("killed: silent");
    await until("waiting");
    expect(process_.state).toEqual({
      state: "waiting",
      restarts: 1,
      lastExit: "killed: silent",
      nextStartMs: clock.now() + 200,
    });
    await process_.stop();
  });
  it("says how it ended, not why the one before it was killed", async () => {
    const { process_, until } = child("setInterval(() => {}, 1000)");
    process_.start();
    await until("running");
    const replaced = process_.restart();
    process_.kill("killed: silent");
    await replaced;
    const pid = process_.record()?.pid;
    if (pid === undefined) throw new Error("it does not run");
    process.kill(pid, "SIGKILL");
    await until("waiting");
    expect(process_.state).toMatchObject({ restarts: 1, lastExit: "signal SIGKILL" });
    await process_.stop();
  });
  it("that another supervisor has started is taken over, and started again when it ends", async () => {
    const script = "setInterval(() => {}, 1000)";
    const first = child(script);
    first.process_.start();
    await first.until("running");
    const record = first.process_.record();
    if (record === undefined) throw new Error("it has no record");

    const { process_, clock, until } = child(script);
    process_.adopt({ ...record, restarts: 4 });
    expect(process_.state).toEqual({ state: "running", pid: record.pid, restarts: 4 });
    expect(process_.record()).toEqual({ ...record, restarts: 4 });
    await clock.advance(5_000);
    expect(process_.state).toMatchObject({ state: "running", pid: record.pid });

    await first.process_.stop();
    await clock.advance(500);
    await until("waiting");
    expect(process_.state).toMatchObject({ restarts: 5, lastExit: "ended" });
    await clock.advance(200);
    await until("running");
    expect(process_.record()?.pid).not.toBe(record.pid);
    await process_.stop();
    expect(clock.pending).toBe(0);
  });
  it("that was taken over stops in order", async () => {
    const first = child("setInterval(() => {}, 1000)");
    first.process_.start();
    await first.until("running");
    const record = first.process_.record();
    if (record === undefined) throw new Error("it has no record");
    const { process_ } = child("", systemClock as FakeClock);
    process_.adopt(record);
    await process_.stop();
    expect(isRunning(record)).toBe(false);
    expect(process_.state).toEqual({ state: "stopped" });
    await first.process_.stop();
  });
  it("that cannot be started waits for its next try", async () => {
    const { process_, until } = child("");
    const broken = new SupervisedProcess(
      { ...process_.spec, program: "/nonexistent/program" },
      new FakeClock(),
      silentLogger,
      () => {},
    );
    broken.start();
    await expect.poll(() => broken.state.state).toBe("waiting");
    await broken.stop();
    await until("stopped");
  });
});

describe("a process record", () => {
  it("does not mistake another process for the one recorded", () => {
    const startTime = startTimeOf(process.pid) ?? "";
    expect(isRunning({ name: "me", pid: process.pid, startTime })).toBe(true);
    expect(isRunning({ name: "me", pid: process.pid, startTime: `${startTime}1` })).toBe(
      process.platform !== "linux",
    );
  });
});
