import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LeftBehind } from "./left-behind.ts";
import { type ProcessRecord, readRecords, startTimeOf, writeRecords } from "./process-record.ts";

describe("what a supervisor that was killed has left", () => {
  const children: ChildProcess[] = [];
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "kubets-left-"));
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  function running(name: string) {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    children.push(child);
    const pid = child.pid ?? 0;
    const record: ProcessRecord = { name, pid, startTime: startTimeOf(pid) ?? "" };
    return { child, record, ended: once(child, "exit") };
  }

  it("is taken over by name, once", () => {
    const { record } = running("scheduler");
    const left = new LeftBehind([record]);
    expect(left.records()).toEqual([record]);
    expect(left.take("scheduler")).toEqual(record);
    expect(left.take("scheduler")).toBeUndefined();
    expect(left.end()).toEqual([]);
  });
  it("is nothing where the process has ended, or its id is another's", () => {
    const { record } = running("dns");
    const left = new LeftBehind([
      { ...record, startTime: `${record.startTime}1` },
      { name: "gone", pid: 2 ** 22 + 1, startTime: "1" },
    ]);
    expect(left.take("gone")).toBeUndefined();
    expect(left.take("dns") === undefined).toBe(process.platform === "linux");
  });
  it("is ended where nobody has taken it", async () => {
    const kept = running("kubelet a-node-1");
    const gone = running("kubelet a-node-2");
    const left = new LeftBehind([kept.record, gone.record]);
    expect(left.end((name) => name.endsWith(" a-node-2"))).toEqual(["kubelet a-node-2"]);
    expect(await gone.ended).toEqual([null, "SIGKILL"]);
    expect(left.take("kubelet a-node-1")).toEqual(kept.record);
    expect(kept.child.exitCode).toBeNull();
  });
  it("is read from a file that is always whole", () => {
    const file = join(folder, "processes.json");
    expect(readRecords(file)).toEqual([]);
    const records = [{ name: "nats", pid: 1, startTime: "2", restarts: 3 }];
    writeRecords(file, records);
    writeRecords(file, records);
    expect(readRecords(file)).toEqual(records);
    expect(readdirSync(folder)).toEqual(["processes.json"]);
  });
});
