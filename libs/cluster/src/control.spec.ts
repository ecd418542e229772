import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  callSupervisor,
  createControlServer,
  followSupervisor,
  SilentSupervisorError,
  SupervisorError,
} from "./control.ts";

describe("a supervisor's socket", () => {
  let folder: string;
  let path: string;
  const ends: (() => void)[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "kubets-control-"));
    path = join(folder, "control.sock");
  });
  afterEach(() => {
    for (const end of ends.splice(0)) end();
    rmSync(folder, { recursive: true, force: true });
  });
  async function listen(isUp: boolean, failure?: Error) {
    const fail = () => (failure === undefined ? Promise.resolve() : Promise.reject(failure));
    const server = createControlServer({
      status: () => ({ steps: [], up: isUp, components: [] }),
      follow: () => () => {},
      followNodes: fail,
      restart: fail,
      stop: () => Promise.resolve(),
    });
    rmSync(path, { force: true });
    server.listen(path);
    await once(server, "listening");
    ends.push(() => {
      server.close();
      server.closeAllConnections();
    });
    return server;
  }
  const isUp = async () => JSON.parse((await callSupervisor(path, "GET", "/status", 1_000)) ?? "");

  it("is asked anew each time, so that a successor is heard while the one before still runs", async () => {
    await listen(false);
    expect(await isUp()).toMatchObject({ up: false });
    // The first still runs and holds what is connected to it.
    await listen(true);
    expect(await isUp()).toMatchObject({ up: true });
    const abort = new AbortController();
    for await (const status of followSupervisor(path, abort.signal)) {
      expect(status.up).toBe(true);
      break;
    }
    abort.abort();
  });
  it("says what could not be done, in its words", async () => {
    await listen(true, new Error('there is no component "etcd"'));
    const asked = callSupervisor(path, "POST", "/restart", 1_000, "etcd");
    await expect(asked).rejects.toThrow(new SupervisorError('there is no component "etcd"'));
  });
  it("is told apart from one that is silent", async () => {
    expect(await callSupervisor(path, "GET", "/status", 1_000)).toBeUndefined();
    const server = await listen(true);
    server.removeAllListeners("request");
    const asked = callSupervisor(path, "GET", "/status", 50);
    await expect(asked).rejects.toBeInstanceOf(SilentSupervisorError);
  });
});
