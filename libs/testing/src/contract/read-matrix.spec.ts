/**
 * P13 and P14: which state a get or a list shows, for every combination of limit, continue, resourceVersion and
 * resourceVersionMatch, from two apiservers of which one hears of commits two seconds late.
 *
 * Upstream: https://kubernetes.io/docs/reference/using-api/api-concepts (semantics for get and list) and
 * staging/src/k8s.io/apimachinery/pkg/apis/meta/internalversion/validation/validation.go @1.36
 */
import type { LogEntry } from "@kubets/storage";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CallAnswer } from "../model/simulated-replica.ts";
import { lagMs, replicaNames, shownBy, stateAt, TwoApiservers } from "./two-apiservers.ts";

/**
 * What a cell answers: "newest": everything that was acknowledged before; "any": any state, at once; "since": one that is
 * not older than the version; "exactly": that of the version; "token": that of the first page, behind it.
 */
type Answer = "newest" | "any" | "since" | "exactly" | "token" | 400 | 422;
/** Without a match; Exact; NotOlderThan. */
type Row = readonly [Answer, Answer, Answer];
interface Rows {
  readonly unset: Row;
  readonly zero: Row;
  readonly version: Row;
}
const matches = ["", "Exact", "NotOlderThan"] as const;

const matrix: { readonly [limit: string]: { readonly [continued: string]: Rows } } = {
  "no limit": {
    "no token": {
      unset: ["newest", 422, 422],
      zero: ["any", 422, "any"],
      version: ["since", "exactly", "since"],
    },
    token: {
      unset: ["token", 422, 422],
      zero: ["token", 422, 422],
      version: [400, 422, 422],
    },
  },
  "limit 2": {
    "no token": {
      unset: ["newest", 422, 422],
      // A limit is ignored where any state will do, and a version without a match then means exactly that one.
      zero: ["any", 422, "any"],
      version: ["exactly", "exactly", "since"],
    },
    token: {
      unset: ["token", 422, 422],
      zero: ["token", 422, 422],
      version: [400, 422, 422],
    },
  },
};

const cells = Object.entries(matrix).flatMap(([limit, byToken]) =>
  Object.entries(byToken).flatMap(([token, rows]) =>
    Object.entries(rows).flatMap(([version, row]: [string, Row]) =>
      row.map((answer, i) => ({ limit, token, version, match: matches[i] ?? "", answer })),
    ),
  ),
);

describe(`of all ${cells.length} combinations of limit, continue, version and match`, () => {
  let api: TwoApiservers;
  let log: readonly LogEntry[];
  /** Both know the first; the other ones are known to the prompt replica only. */
  let first = 0n;
  let middle = 0n;
  let newest = 0n;
  let token = "";

  beforeAll(async () => {
    api = await TwoApiservers.start();
    for (const name of ["a", "b", "c", "d", "e"]) await api.put(name, "first");
    first = api.history.revision;
    await api.clock.advance(lagMs);
    const page = await api.call("prompt", {
      method: "GET",
      path: "/api/v1/namespaces/default/configmaps",
      query: { limit: "2" },
    });
    token = page.list?.next ?? "";
  });
  afterAll(() => api.stop());

  /** Changes that the lagging replica will hear of in two seconds. */
  async function change(): Promise<void> {
    await api.clock.advance(lagMs);
    await api.put("a", `changed-${api.history.revision}`);
    middle = await api.put("f", `there-${api.history.revision}`);
    newest = await api.remove("f");
    log = await api.log();
  }

  function queryOf(cell: (typeof cells)[number]): Record<string, string> {
    return {
      ...(cell.limit === "limit 2" ? { limit: "2" } : {}),
      ...(cell.token === "token" ? { continue: token } : {}),
      ...(cell.version === "zero" ? { resourceVersion: "0" } : {}),
      ...(cell.version === "version" ? { resourceVersion: String(middle) } : {}),
      ...(cell.match === "" ? {} : { resourceVersionMatch: cell.match }),
    };
  }

  /** What must be shown, and at which revision. */
  function expectShown(answer: CallAnswer, cell: (typeof cells)[number]): void {
    expect(answer.code).toBe(200);
    const revision = BigInt(answer.list?.revision ?? "0");
    const whole = stateAt(log, revision);
    const behind = cell.token === "token" ? whole.slice(2) : whole;
    const isLimited = cell.limit === "limit 2" && cell.answer !== "any";
    expect(shownBy(answer)).toEqual(isLimited ? behind.slice(0, 2) : behind);
    expect(answer.list?.next !== "").toBe(isLimited && behind.length > 2);
    if (cell.answer === "exactly") expect(revision).toBe(middle);
    else if (cell.answer === "token") expect(revision).toBe(first);
    else {
      const least = { newest, since: middle, any: first, 400: 0n, 422: 0n }[cell.answer];
      expect(revision).toBeGreaterThanOrEqual(least);
    }
  }

  describe.each(replicaNames)("the %s apiserver", (name) => {
    it.each(cells)(
      "answers $limit, $token, version $version, match '$match' with $answer",
      async (cell) => {
        await change();
        const { answer, ms } = await api.answer(api.get(name, queryOf(cell)));
        if (typeof cell.answer === "number") {
          expect(answer.code).toBe(cell.answer);
          expect(ms).toBe(0);
          return;
        }
        expectShown(answer, cell);
        // Only what is not known here yet is waited for.
        const waits = name === "lagging" && ["newest", "since", "exactly"].includes(cell.answer);
        if (waits) expect(ms).toBeGreaterThan(1_000);
        else expect(ms).toBe(0);
        expect(ms).toBeLessThanOrEqual(lagMs);
      },
    );

    it("shows with a get the newest, any, or one that is not older than the version", async () => {
      await change();
      const ofA = (revision: bigint) =>
        stateAt(log, revision).find((text) => text.startsWith("a@")) ?? "";
      const ask = async (query: Record<string, string>) => {
        const { answer, ms } = await api.answer(api.get(name, query, "/a"));
        return { shown: `a@${answer.object?.metadata.resourceVersion}`, ms };
      };
      const any = await ask({ resourceVersion: "0" });
      const since = await ask({ resourceVersion: String(middle) });
      expect(any.ms).toBe(0);
      expect(since.shown).toBe(ofA(newest));
      await change();
      expect((await ask({})).shown).toBe(ofA(newest));
      if (name === "lagging") expect(any.shown).not.toBe(since.shown);
    });

    it("refuses versions from the future with 504 and says when to come back, after at most 3.5 s (P14)", async () => {
      await change();
      const future = String(newest + 1_000_000n);
      for (const [query, object] of [
        [{ resourceVersion: future }, ""],
        [{ resourceVersion: future, resourceVersionMatch: "Exact" }, ""],
        [{ resourceVersion: future, resourceVersionMatch: "NotOlderThan" }, ""],
        [{ resourceVersion: future, limit: "2" }, ""],
        [{ resourceVersion: future }, "/a"],
      ] as const) {
        const { answer, ms } = await api.answer(api.get(name, query, object));
        expect(answer.code).toBe(504);
        expect(answer.refusal).toMatchObject({
          reason: "Timeout",
          details: {
            retryAfterSeconds: 1,
            causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
          },
        });
        expect(answer.refusal?.message).toMatch(
          new RegExp(`^Timeout: Too large resource version: ${future}, current: \\d+$`),
        );
        expect(ms).toBeLessThanOrEqual(3_500);
      }
    });

    it("keeps a watch from the future silent until that is there (P14)", async () => {
      await change();
      const watch = await api.watch(api.at(name), { resourceVersion: String(newest + 2n) });
      expect(watch.code).toBe(200);
      const revisions = [];
      for (const text of ["one", "two", "three", "four"]) {
        revisions.push(await api.put("a", `${text}-${newest}`));
      }
      await api.clock.advance(lagMs);
      expect(watch.events.map(({ revision }) => revision)).toEqual(revisions.slice(2));
    });
  });

  it("a version whose history is gone is answered 410 on every replica that has forgotten it", async () => {
    await change();
    const old = middle;
    await change();
    await api.store.compact(newest);
    for (const name of replicaNames) {
      const late = await api.startReplica(name);
      const query = { resourceVersion: String(old), resourceVersionMatch: "Exact" };
      const path = "/api/v1/namespaces/default/configmaps";
      const { answer } = await api.answer(late.call({ method: "GET", path, query }));
      expect([answer.code, answer.refusal?.reason]).toEqual([410, "Expired"]);
    }
  });
});
