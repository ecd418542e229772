import { FakeClock, silentLogger } from "@kubets/service";
import type { Write } from "@kubets/storage";
import { describe, expect, it } from "vitest";
import { noFaultPoint } from "./fault-point.ts";
import { GroupCommitter } from "./group-committer.ts";

const nulls = [null, null, null, null] as const;

function write(name: string): Write {
  const key = { group: "", resource: "pods", namespace: "default", name };
  return { op: "create", key, uid: `uid-${name}`, bytes: Buffer.from("{}"), requestId: name };
}

/** A committer whose database answers when it is told to, and how many writes each call brought it. */
function committer() {
  const clock = new FakeClock();
  const calls: number[] = [];
  let revision = 0;
  let answer = (_rows: unknown[][]) => {};
  const group = new GroupCommitter({
    connection: {
      call: ({ values = [] }) => {
        // A lonely write is spelled out; a batch says in arrays what each of its writes is, and binary ones tell how many.
        const isAlone = typeof values[2] === "string";
        calls.push(isAlone ? 1 : (values[2] as Buffer).readInt32BE(12));
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
      drop: () => {},
      release: () => {},
    },
    clock,
    logger: silentLogger,
    faultPoint: noFaultPoint,
    cursor: () => BigInt(revision),
    onCommit: () => {},
    onIdle: () => {},
  });
  return {
    clock,
    calls,
    /** A write comes; what becomes of it is not looked at. */
    async comes(name: string) {
      void group.commit(write(name));
      await new Promise((resolve) => setImmediate(resolve));
    },
    /** The call under way is answered, with so many rows that others had written before it. */
    async isAnswered(others: number) {
      const count = calls.at(-1) ?? 0;
      const before = revision + others;
      const foreign = Array.from({ length: others }, (_, i) => [
        ...["l", null, revision + i + 1, null, 1, "", "pods", "default", `other-${revision + i}`],
        ...["uid", Buffer.from("{}")],
      ]);
      const head = ["h", count, before, 0, ...nulls, "c".repeat(count), "1", null];
      revision = before + count;
      answer([head, ...foreign]);
      await clock.advance(0);
    },
  };
}

describe("a group committer", () => {
  it("sends what waits as soon as it has an answer, while nobody else writes", async () => {
    const { clock, calls, comes, isAnswered } = committer();
    await comes("a");
    await comes("b");
    await clock.advance(3);
    await isAnswered(0);
    expect(calls).toEqual([1, 1]);
  });

  it("leaves others who write as long as its own commit took, and takes along who comes meanwhile", async () => {
    const { clock, calls, comes, isAnswered } = committer();
    await comes("a");
    await comes("b");
    await clock.advance(3);
    await isAnswered(2);
    await clock.advance(2);
    await comes("c");
    expect(calls).toEqual([1]);
    await clock.advance(1);
    expect(calls).toEqual([1, 2]);
  });

  it("leaves them five milliseconds at most, however long a commit took", async () => {
    const { clock, calls, comes, isAnswered } = committer();
    await comes("a");
    await comes("b");
    await clock.advance(400);
    await isAnswered(1);
    await clock.advance(5);
    expect(calls).toEqual([1, 1]);
  });

  it("does not keep a write waiting that comes when all have their answers", async () => {
    const { calls, comes, isAnswered } = committer();
    await comes("a");
    await isAnswered(1);
    await comes("b");
    expect(calls).toEqual([1, 1]);
  });
});
