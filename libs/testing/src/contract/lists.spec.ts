/** P15 and P16: pages of one list show one state, and a list from the cache is what the store has. */
import { createHash } from "node:crypto";
import { sleep } from "@kubets/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CallAnswer } from "../model/simulated-replica.ts";
import * as maps from "../replicas/config-maps.ts";
import { SeededRandom } from "../seeded-random.ts";
import { lagMs, replicaNames, shownBy, stateAt, TwoApiservers } from "./two-apiservers.ts";

const path = maps.pathOf();
const seed = Number(process.env.KUBETS_SEED ?? 11);

describe("a list", () => {
  let api: TwoApiservers;
  let random: SeededRandom;
  beforeEach(async () => {
    api = await TwoApiservers.start();
    random = new SeededRandom(seed);
  });
  afterEach(() => api.stop());

  async function fill(objects: number): Promise<void> {
    for (let i = 0; i < objects; i++) await api.put(`o${i}`, "first");
  }

  /** A change of one of the objects, or of their number. */
  async function writeOnce(objects: number): Promise<void> {
    const name = `o${random.below(objects)}`;
    if (random.chance(0.1)) await api.remove(name);
    else await api.put(name, `w${api.history.revision}`);
  }

  async function listPages(
    limit: number,
    between: () => Promise<void>,
  ): Promise<{ readonly pages: CallAnswer[]; readonly items: string[] }> {
    const pages: CallAnswer[] = [];
    for (let token = ""; ; ) {
      const name = replicaNames[pages.length % 2] ?? "prompt";
      const query = { limit: String(limit), ...(token === "" ? {} : { continue: token }) };
      const page = await api.call(name, { method: "GET", path, query });
      expect(page.code).toBe(200);
      pages.push(page);
      token = page.list?.next ?? "";
      if (token === "") return { pages, items: pages.flatMap(shownBy) };
      await between();
    }
  }

  it("of 1,000 objects in pages of 7 from two replicas shows one state while 200 are written each second (P15)", async () => {
    await fill(1_000);
    await api.clock.advance(lagMs);
    let writes = 0;
    // A page each 10 ms: two writes meanwhile.
    const { pages, items } = await listPages(7, async () => {
      for (let i = 0; i < 2; i++) await writeOnce(1_000);
      writes += 2;
      await api.clock.advance(10);
    });
    const revisions = new Set(pages.map(({ list }) => list?.revision));
    expect(revisions.size).toBe(1);
    const [revision = "0"] = revisions;
    expect(items).toEqual(stateAt(await api.log(), BigInt(revision)));
    expect(pages).toHaveLength(Math.ceil(1_000 / 7));
    console.log(`${pages.length} pages, ${writes} writes meanwhile, 0 mixed pages; seed ${seed}`);
  });

  it("whose state was compacted goes on with the token of the 410, and says that it is another state (P15)", async () => {
    await fill(20);
    await api.clock.advance(lagMs);
    const first = await api.call("prompt", { method: "GET", path, query: { limit: "7" } });
    await writeOnce(20);
    await api.put("p", "new");
    await api.store.compact(api.history.revision);
    const late = await api.startReplica("prompt");
    const ask = async (token: string) =>
      (await api.answer(late.call({ method: "GET", path, query: { limit: "7", continue: token } })))
        .answer;
    const gone = await ask(first.list?.next ?? "");
    expect([gone.code, gone.refusal?.reason]).toEqual([410, "Expired"]);
    const rest = await ask(gone.refusal?.metadata?.continue ?? "");
    expect(rest.code).toBe(200);
    const last = shownBy(first).at(-1)?.split("@")[0] ?? "";
    for (const name of shownBy(rest)) expect(name > last).toBe(true);
    expect(BigInt(rest.list?.revision ?? "0")).toBe(api.history.revision);
  });

  it("refuses a token that it never gave with 400, and a version beside a token as well (P15)", async () => {
    await fill(5);
    const first = await api.call("prompt", { method: "GET", path, query: { limit: "2" } });
    const token = first.list?.next ?? "";
    for (const query of [
      { continue: "garbage" },
      { continue: `${token}x` },
      {
        continue: Buffer.from('{"v":"meta.k8s.io/v1","rv":1,"start":"../x"}').toString("base64url"),
      },
      { continue: token, resourceVersion: "3" },
    ] as const) {
      const { code, refusal } = await api.call("prompt", { method: "GET", path, query });
      expect([query, code, refusal?.reason]).toEqual([query, 400, "BadRequest"]);
    }
  });

  it("of the newest state from either cache has the digest of the store's own, 200 times under writes and compactions (P16)", async () => {
    const objects = 60;
    await fill(objects);
    let isOver = false;
    const writing = (async () => {
      while (!isOver) {
        await sleep(api.clock, 3 + random.below(10));
        await writeDirectly(objects);
        if (random.chance(0.02)) await api.store.compact(api.history.revision - 30n);
      }
    })();
    let mismatches = 0;
    let checks = 0;
    for (let asked = 0; checks < 200; asked++) {
      const name = replicaNames[asked % 2] ?? "prompt";
      const { answer } = await api.answer(api.get(name, {}));
      const revision = BigInt(answer.list?.revision ?? "0");
      const inCache = digest(
        (answer.list?.entries ?? []).map(({ key, object }) => [key.name, withoutVersion(object)]),
      );
      const scope = { group: "", resource: "configmaps", namespace: "default" };
      // The lagging replica's state may have been compacted since.
      if (revision < (await api.store.compactedRevision())) continue;
      const stored = await api.store.list(scope, { atRevision: revision });
      checks += 1;
      const inStore = digest(
        stored.objects.map(({ key, bytes }) => [key.name, JSON.parse(String(bytes))]),
      );
      if (inCache !== inStore) mismatches += 1;
    }
    isOver = true;
    await api.answer(writing);
    console.log(`${mismatches} mismatches in ${checks} checks, ${api.history.revision} revisions`);
    expect(mismatches).toBe(0);
  });

  /** Past the replicas, as a third apiserver would. */
  async function writeDirectly(objects: number): Promise<void> {
    const key = {
      group: "",
      resource: "configmaps",
      namespace: "default",
      name: `o${random.below(objects)}`,
    };
    const current = await api.store.get(key);
    const base = { key, requestId: `direct-${api.history.revision}` } as const;
    const bytes = Buffer.from(
      JSON.stringify({
        kind: "ConfigMap",
        apiVersion: "v1",
        metadata: { name: key.name, namespace: "default", uid: key.name },
        data: { revision: String(api.history.revision) },
      }),
    );
    if (current === undefined) {
      await api.store.write({ ...base, op: "create", uid: key.name, bytes });
    } else if (random.chance(0.2)) {
      await api.store.write({ ...base, op: "delete", expectedRevision: current.revision, bytes });
    } else {
      const expectedRevision = current.revision;
      await api.store.write({ ...base, op: "update", uid: key.name, bytes, expectedRevision });
    }
  }
});

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}

/** As it is stored. */
function withoutVersion(object: { readonly metadata: object }): unknown {
  const { resourceVersion: _, ...metadata } = JSON.parse(JSON.stringify(object.metadata));
  return { ...object, metadata };
}
