import { MemoryHistory } from "@kubets/storage";
import type { WatchEvent } from "@kubets/watch-cache";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ReadOptions } from "../store.ts";
import {
  admitAll,
  decoded,
  type Replica,
  refusal,
  scopeIn,
  startReplica,
} from "../testing/registry-harness.ts";

let replica: Replica;
let history: MemoryHistory;
beforeEach(async () => {
  history = new MemoryHistory();
  replica = await startReplica({ history });
});
afterEach(() => replica.stop());

async function createConfigMaps(names: readonly string[], namespace = "default") {
  for (const name of names) {
    const object = decoded({ apiVersion: "v1", kind: "ConfigMap", metadata: { name } });
    await replica.store("configmaps").create(scopeIn(namespace), object, admitAll);
  }
}

const list = (options: ReadOptions, namespace = "default", resource = "configmaps") =>
  replica.store(resource).list(scopeIn(namespace), options);

const names = ({ entries }: { entries: readonly { key: { name: string } }[] }) =>
  entries.map(({ key }) => key.name);

describe("list", () => {
  it("shows one state over all pages, whatever is written meanwhile", async () => {
    await createConfigMaps(["a", "b", "c", "d", "e"]);
    const first = await list({ limit: 2 });
    expect([names(first), first.remaining]).toEqual([["a", "b"], 3]);
    await replica.store("configmaps").delete(scopeIn("default"), "c", {}, admitAll);
    await createConfigMaps(["ca", "zz"]);
    const second = await list({ limit: 2, continueToken: first.continueToken });
    expect([names(second), second.revision]).toEqual([["c", "d"], first.revision]);
    const third = await list({ limit: 2, continueToken: second.continueToken });
    expect([names(third), third.continueToken]).toEqual([["e"], ""]);
  });

  it("pages over all namespaces", async () => {
    await createConfigMaps(["a", "b"], "one");
    await createConfigMaps(["a", "b"], "two");
    const seen: string[] = [];
    let continueToken = "";
    do {
      const page = await list({ limit: 1, continueToken }, "");
      for (const { key } of page.entries) seen.push(`${key.namespace}/${key.name}`);
      continueToken = page.continueToken;
    } while (continueToken !== "");
    expect(seen).toEqual(["one/a", "one/b", "two/a", "two/b"]);
  });

  it("answers a page whose version is gone with 410 and a way on", async () => {
    await createConfigMaps(["a", "b", "c"]);
    const first = await list({ limit: 1 });
    await createConfigMaps(["aa", "d"]);
    await replica.storage.compact(await replica.storage.currentRevision());
    // A replica that starts now never saw the version of the first page.
    const late = await startReplica({ history });
    const next = (continueToken: string) =>
      late.store("configmaps").list(scopeIn("default"), { continueToken });
    const error = await next(first.continueToken).then(
      () => undefined,
      (refused) => refused,
    );
    expect(error.status).toMatchObject({ code: 410, reason: "Expired" });
    expect(error.status.message).toContain("The provided continue parameter is too old");
    const rest = await next(error.status.metadata.continue);
    expect(names(rest)).toEqual(["aa", "b", "c", "d"]);
    await late.stop();
  });

  it.each([
    [
      "garbage!",
      "invalid continue token: continue key is not valid: illegal base64 data at input byte 7",
    ],
    [
      "abcde",
      "invalid continue token: continue key is not valid: illegal base64 data at input byte 4",
    ],
    [
      token("made up"),
      "invalid continue token: continue key is not valid: invalid character 'm' looking for beginning of value",
    ],
    [
      token("[".repeat(20_000) + "]".repeat(20_000)),
      "invalid continue token: continue key is not valid: unexpected end of JSON input",
    ],
    [
      token('{"v":"meta.k8s.io/v1","rv":1,'),
      "invalid continue token: continue key is not valid: unexpected end of JSON input",
    ],
    [
      token('{"v":"meta.k8s.io/v2","rv":1,"start":"a"}'),
      "invalid continue token: continue key is not valid: server does not recognize this encoded version meta.k8s.io/v2",
    ],
    [
      token('{"v":"meta.k8s.io/v1","rv":0,"start":"a"}'),
      "invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)",
    ],
    [
      token('{"v":"meta.k8s.io/v1","rv":1,"start":""}'),
      "invalid continue token: continue key is not valid: encoded start key empty (version meta.k8s.io/v1)",
    ],
    [
      token('{"v":"meta.k8s.io/v1","rv":1,"start":"../secrets"}'),
      "invalid continue token: continue key is not valid: ../secrets",
    ],
    [
      token('{"v":"meta.k8s.io/v1","rv":1,"start":"kube-system/a"}'),
      "invalid continue token: continue key is not valid: kube-system/a",
    ],
  ])("refuses the token %s", async (continueToken, message) => {
    expect(await refusal(list({ continueToken }))).toEqual({
      code: 400,
      reason: "BadRequest",
      message,
    });
  });

  it.each<[ReadOptions, string]>([
    [
      { resourceVersionMatch: "Exact" },
      "resourceVersionMatch is forbidden unless resourceVersion is provided",
    ],
    [
      { resourceVersionMatch: "Exact", resourceVersion: "0" },
      'resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    ],
    [
      { resourceVersionMatch: "Newer", resourceVersion: "1" },
      'Unsupported value: "Newer": supported values: "Exact", "NotOlderThan", ""',
    ],
    [{ sendInitialEvents: true }, "sendInitialEvents is forbidden for list"],
  ])("refuses %j", async (options, text) => {
    const answer = await refusal(list(options));
    expect(answer).toMatchObject({ code: 422, reason: "Invalid" });
    expect(answer.message).toContain(text);
  });

  it("refuses a version beside a token, and one that is no number", async () => {
    await createConfigMaps(["a", "b"]);
    const { continueToken } = await list({ limit: 1 });
    expect(await refusal(list({ continueToken, resourceVersion: "1" }))).toMatchObject({
      code: 400,
      message: "specifying resource version is not allowed when using continue",
    });
    expect(await refusal(list({ resourceVersion: "abc" }))).toMatchObject({ code: 400 });
  });

  it("reads exact versions, and ignores a limit with version 0", async () => {
    await createConfigMaps(["a", "b", "c"]);
    expect(names(await list({ resourceVersion: "2", resourceVersionMatch: "Exact" }))).toEqual([
      "a",
      "b",
    ]);
    expect(names(await list({ resourceVersion: "0", limit: 1 }))).toEqual(["a", "b", "c"]);
    const limited = await list({ resourceVersion: "2", limit: 1 });
    expect([names(limited), limited.revision]).toEqual([["a"], 2n]);
  });

  it("selects by labels and fields", async () => {
    const pods = replica.store("pods");
    for (const [name, nodeName] of [
      ["a", "n1"],
      ["b", "n2"],
      ["c", ""],
    ] as const) {
      const pod = decoded({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, labels: { app: name } },
        spec: { ...(nodeName && { nodeName }), containers: [{ name: "c", image: "i" }] },
      });
      await pods.create(scopeIn("default"), pod, admitAll);
    }
    const pick = async (options: ReadOptions) => names(await list(options, "", "pods"));
    expect(await pick({ fieldSelector: "spec.nodeName=n1" })).toEqual(["a"]);
    expect(await pick({ fieldSelector: "spec.nodeName!=n1" })).toEqual(["b", "c"]);
    expect(await pick({ fieldSelector: "spec.nodeName=" })).toEqual(["c"]);
    expect(await pick({ fieldSelector: "metadata.name=b,status.phase=Pending" })).toEqual(["b"]);
    expect(await pick({ fieldSelector: "metadata.name=b,spec.nodeName=n1" })).toEqual([]);
    expect(await pick({ labelSelector: "app!=a", fieldSelector: "spec.host=n2" })).toEqual(["b"]);
  });

  it("refuses fields that the kind does not have", async () => {
    expect(await refusal(list({ fieldSelector: "spec.x=1" }, "default", "pods"))).toMatchObject({
      code: 400,
      message: "field label not supported: spec.x",
    });
    expect(await refusal(list({ fieldSelector: "data.x=1" }))).toMatchObject({
      code: 400,
      message: '"data.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
    });
    expect(await refusal(list({ labelSelector: "a in (" }))).toMatchObject({ code: 400 });
  });
});

describe("watch", () => {
  const collect = async (options: ReadOptions) => {
    const events: WatchEvent[] = [];
    const handle = await replica.store("configmaps").watch(scopeIn("default"), options, {
      deliver(batch) {
        events.push(...batch);
        return true;
      },
      end() {},
    });
    return { events, handle };
  };
  const seen = (events: readonly WatchEvent[]) =>
    events.map(({ type, entry }) => `${type} ${entry?.key.name ?? ""}`.trim());

  it("begins with what is there, or behind a version, and shows each write once", async () => {
    await createConfigMaps(["a", "b"]);
    const fromNow = await collect({});
    const behind = await collect({ resourceVersion: "1" });
    await createConfigMaps(["c"]);
    await replica.store("configmaps").delete(scopeIn("default"), "a", {}, admitAll);
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen(fromNow.events)).toEqual(["ADDED a", "ADDED b", "ADDED c", "DELETED a"]);
    expect(seen(behind.events)).toEqual(["ADDED b", "ADDED c", "DELETED a"]);
    fromNow.handle.close();
    behind.handle.close();
  });

  it("ends its initial events with a bookmark when it is asked to", async () => {
    await createConfigMaps(["a"]);
    const { events, handle } = await collect({
      sendInitialEvents: true,
      resourceVersionMatch: "NotOlderThan",
      allowWatchBookmarks: true,
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen(events)).toEqual(["ADDED a", "BOOKMARK"]);
    expect(events[1]?.initialEventsEnd).toBe(true);
    handle.close();
  });

  it("refuses options that do not go together", async () => {
    const refused = async (options: ReadOptions) => (await refusal(collect(options))).message;
    expect(await refused({ sendInitialEvents: true })).toContain(
      "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
    );
    expect(await refused({ resourceVersionMatch: "NotOlderThan" })).toContain(
      "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
    );
  });
});

function token(text: string): string {
  return Buffer.from(text).toString("base64url");
}
