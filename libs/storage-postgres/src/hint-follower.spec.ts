import { FakeClock, silentLogger } from "@kubets/service";
import type { LogEntry, Revision } from "@kubets/storage";
import { describe, expect, it } from "vitest";
import { noFaultPoint } from "./fault-point.ts";
import { Feed } from "./feed.ts";
import { HintFollower } from "./hint-follower.ts";
import type { LogSource } from "./log-reader.ts";

function entry(revision: Revision): LogEntry {
  const key = { group: "", resource: "pods", namespace: "default", name: `pod-${revision}` };
  return { revision, type: "create", key, uid: `uid-${revision}`, bytes: Buffer.from("{}") };
}

/** A log that others write, a feed that only hints make read, and whether a commit of one's own is under way. */
function follow() {
  const log: LogEntry[] = [];
  let reads = 0;
  const reader: LogSource = {
    read: async (after, limit) => {
      reads += 1;
      const entries = log.filter(({ revision }) => revision > after).slice(0, limit);
      return { entries, counter: BigInt(log.length), compacted: 0n, epoch: 1n };
    },
  };
  const clock = new FakeClock();
  const feed = new Feed({
    reader,
    clock,
    logger: silentLogger,
    faultPoint: noFaultPoint,
    tickMs: 500,
    cursor: 0n,
    epoch: 1n,
  });
  const commit = { isUnderWay: false };
  const hints = new HintFollower({ feed, isCommitting: () => commit.isUnderWay });
  return {
    feed,
    hints,
    commit,
    /** Others write so many objects; the newest revision. */
    othersWrite(count: number): Revision {
      for (let i = 0; i < count; i++) log.push(entry(BigInt(log.length + 1)));
      return BigInt(log.length);
    },
    /** What was read and applied when everything under way has settled; no time passes. */
    async seen() {
      await clock.advance(0);
      return { reads, cursor: feed.cursor };
    },
  };
}

describe("a follower of hints", () => {
  it("follows at once while no commit is under way", async () => {
    const { hints, othersWrite, seen } = follow();
    hints.told(othersWrite(3));
    expect(await seen()).toEqual({ reads: 1, cursor: 3n });
  });

  it("waits while a commit is under way, and follows the highest of what it was told when there is none", async () => {
    const { hints, commit, othersWrite, seen } = follow();
    const last = othersWrite(4);
    commit.isUnderWay = true;
    for (const told of [last, 2n, last]) hints.told(told);
    expect(await seen()).toEqual({ reads: 0, cursor: 0n });
    commit.isUnderWay = false;
    hints.follow();
    expect(await seen()).toEqual({ reads: 1, cursor: last });
  });

  it("reads nothing when the answer of the commit brought what it was told", async () => {
    const { feed, hints, commit, othersWrite, seen } = follow();
    const last = othersWrite(2);
    commit.isUnderWay = true;
    hints.told(last);
    feed.offer([entry(1n), entry(2n), entry(3n)]);
    commit.isUnderWay = false;
    hints.follow();
    expect(await seen()).toEqual({ reads: 0, cursor: 3n });
  });

  it("reads once for a forged hint far ahead, and not again for commits and hints of what is known", async () => {
    for (const isUnderWay of [false, true]) {
      const { hints, commit, othersWrite, seen } = follow();
      const last = othersWrite(2);
      commit.isUnderWay = isUnderWay;
      hints.told(1_000_000_000_000n);
      commit.isUnderWay = false;
      hints.follow();
      expect(await seen()).toEqual({ reads: 1, cursor: last });
      hints.told(last);
      for (let i = 0; i < 10; i++) hints.follow();
      expect(await seen()).toEqual({ reads: 1, cursor: last });
    }
  });
});
