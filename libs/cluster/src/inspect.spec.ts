import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@kubets/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ClusterSpec, networkAt, noExtraArguments } from "./cluster-spec.ts";
import { inspectCluster } from "./inspect.ts";
import { clusterPaths } from "./paths.ts";
import { type ProcessRecord, startTimeOf, writeRecords } from "./process-record.ts";

const spec: ClusterSpec = {
  name: "dev",
  runtime: "simulated",
  index: 0,
  network: networkAt(0, "simulated"),
  nodes: [],
  apiserverPort: 6443,
  grpcPort: 6446,
  natsPort: 4222,
  registryMirrors: [],
  extraArguments: noExtraArguments,
};
const gone = { pid: 2 ** 22 + 1, startTime: "1" };
const running = { pid: process.pid, startTime: startTimeOf(process.pid) ?? "" };

describe("the state of a cluster whose supervisor was killed", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "kubets-inspect-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const inspect = (records: readonly ProcessRecord[]) => {
    const paths = clusterPaths({ state: folder, run: folder }, "dev");
    mkdirSync(paths.run, { recursive: true });
    writeRecords(paths.processes, records);
    return inspectCluster({ spec, paths }, systemClock);
  };

  it("is that another takes over, while its guard runs", async () => {
    const { state, components } = await inspect([
      { name: "supervisor", ...gone, restarts: 2 },
      { name: "node dev-node-1", ...running },
      { name: "guard", ...running, restarts: 1 },
    ]);
    expect(state).toBe("unhealthy");
    expect(components).toMatchObject([
      { name: "supervisor", state: "restarting", restarts: 2, health: "ended; another takes over" },
      { name: "guard", state: "running", restarts: 1, health: "ok" },
    ]);
  });
  it("says what to do where its guard is gone, too", async () => {
    const { state, components } = await inspect([
      { name: "supervisor", ...gone },
      { name: "guard", ...gone },
      { name: "node dev-node-1", ...running },
    ]);
    expect(state).toBe("unhealthy");
    expect(components).toMatchObject([
      {
        name: "supervisor",
        state: "stopped",
        health: "ended; `start` brings the cluster back",
      },
      { name: "guard", state: "stopped" },
    ]);
  });
  it("is stopped where nothing runs any more", async () => {
    const { state, components } = await inspect([{ name: "supervisor", ...gone }]);
    expect({ state, components }).toEqual({ state: "stopped", components: [] });
  });
});
