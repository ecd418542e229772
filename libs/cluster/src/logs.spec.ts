import {
  appendFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeClock } from "@kubets/service";
import { afterAll, describe, expect, it } from "vitest";
import { networkAt } from "./cluster-spec.ts";
import { chooseLog, readLog } from "./logs.ts";
import { clusterPaths } from "./paths.ts";

describe("choosing a log", () => {
  const names = ["apiserver", "kubelet-a-node-1", "kubelet-a-node-2", "containerd-a-node-1"];
  it.each([
    [["apiserver"], "apiserver"],
    [["kubelet", "a-node-2"], "kubelet-a-node-2"],
    [["kubelet/a-node-2"], "kubelet-a-node-2"],
    [["containerd"], "containerd-a-node-1"],
  ])("takes %j as %s", (wanted, name) => {
    expect(chooseLog(names, wanted)).toBe(name);
  });
  it("says what there is when a name fits none or several", () => {
    expect(() => chooseLog(names, ["kubelet"])).toThrow(
      /more than one log; there is: kubelet-a-node-1, kubelet-a-node-2/,
    );
    expect(() => chooseLog(names, ["etcd"])).toThrow(/no log of "etcd"; there is: apiserver/);
  });
});

describe("reading a log", () => {
  const state = mkdtempSync(join(tmpdir(), "kubets-logs-"));
  afterAll(() => rmSync(state, { recursive: true, force: true }));
  const handle = {
    spec: {
      name: ".",
      runtime: "simulated" as const,
      index: 0,
      network: networkAt(0, "simulated"),
      nodes: [],
      apiserverPort: 1,
      grpcPort: 1,
      natsPort: 1,
      registryMirrors: [],
      extraArguments: { apiserver: [], scheduler: [], "controller-manager": [], kubelet: [] },
    },
    paths: { ...clusterPaths({ state, run: state }, "."), logs: state },
  };
  const file = join(state, "a.log");
  const clock = new FakeClock();
  const read = async (lines?: number) => {
    const options = { follow: false, ...(lines === undefined ? {} : { lines }) };
    const pieces: Buffer[] = [];
    for await (const piece of readLog(handle, "a", options, clock, new AbortController().signal)) {
      pieces.push(piece);
    }
    return Buffer.concat(pieces).toString();
  };
  it("gives everything, or the last lines", async () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `line ${index}`);
    writeFileSync(file, `${lines.join("\n")}\n`);
    expect((await read()).split("\n")).toHaveLength(20_001);
    expect(await read(2)).toBe("line 19998\nline 19999\n");
    expect(await read(15_000)).toBe(`${lines.slice(5_000).join("\n")}\n`);
    expect(await read(1_000_000)).toHaveLength((await read()).length);
    expect(await read(0)).toBe("");
  });
  it("goes on with what is written, also after the file was cut off", async () => {
    writeFileSync(file, "one\n");
    const abort = new AbortController();
    const following = readLog(handle, "a", { follow: true }, clock, abort.signal);
    const next = async (write: () => void) => {
      write();
      const piece = following.next();
      await clock.advance(1_000);
      const { value } = await piece;
      return value?.toString();
    };
    expect(await next(() => {})).toBe("one\n");
    expect(await next(() => appendFileSync(file, "two\n"))).toBe("two\n");
    expect(
      await next(() => {
        truncateSync(file);
        appendFileSync(file, "3\n");
      }),
    ).toBe("3\n");
    const last = following.next();
    abort.abort();
    expect(await last).toMatchObject({ done: true });
  });
  it("goes on with the file that takes the place of one that was renamed, and loses nothing", async () => {
    writeFileSync(file, "one\n");
    const following = readLog(handle, "a", { follow: true }, clock, new AbortController().signal);
    const next = async () => {
      const piece = following.next();
      await clock.advance(1_000);
      return (await piece).value?.toString();
    };
    expect(await next()).toBe("one\n");
    // Its writer holds the old file for a while.
    renameSync(file, `${file}.1`);
    appendFileSync(`${file}.1`, "two\n");
    expect(await next()).toBe("two\n");
    appendFileSync(`${file}.1`, "three\n");
    writeFileSync(file, "four\n");
    expect(await next()).toBe("three\n");
    expect(await next()).toBe("four\n");
    // The cluster is removed.
    const end = following.next();
    rmSync(state, { recursive: true });
    await clock.advance(1_000);
    expect(await end).toMatchObject({ done: true });
  });
});
