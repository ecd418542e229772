import { expect, it } from "vitest";
import type { Fence, Storage } from "../storage.ts";
import { bytesOf, committed, createOf, deleteOf, keyOf, leaseKey, updateOf } from "./fixture.ts";

function leaseBytes(holderIdentity: string, leaseTransitions?: number): Buffer {
  return bytesOf({
    kind: "Lease",
    apiVersion: "coordination.k8s.io/v1",
    metadata: { name: "scheduler", annotations: { odd: "\0" } },
    spec: { holderIdentity, ...(leaseTransitions === undefined ? {} : { leaseTransitions }) },
  });
}

function fenceOf(holderIdentity: string, epoch: number): Fence {
  return { leaseNamespace: "kube-system", leaseName: "scheduler", epoch, holderIdentity };
}

export function fenceSuite(use: { readonly store: Storage }): void {
  it("commits a fenced write only while the lease names its holder and term", async () => {
    const fence = fenceOf("one", 3);
    const write = (fenced: Fence, name: string) =>
      use.store.write(createOf(keyOf(name), { fence: fenced }));
    expect(await write(fence, "before")).toEqual({ status: "fenced" });
    const lease = leaseKey("scheduler");
    let revision = committed(
      await use.store.write(createOf(lease, { bytes: leaseBytes("one", 3) })),
    );
    expect((await write(fence, "held")).status).toBe("committed");
    expect((await write(fenceOf("one", 2), "old")).status).toBe("fenced");
    expect((await write(fenceOf("two", 3), "other")).status).toBe("fenced");
    revision = committed(
      await use.store.write(updateOf(lease, revision, { bytes: leaseBytes("two", 4) })),
    );
    expect((await write(fence, "lost")).status).toBe("fenced");
    expect((await write(fenceOf("two", 4), "gained")).status).toBe("committed");
    committed(await use.store.write(deleteOf(lease, revision)));
    expect((await write(fenceOf("two", 4), "gone")).status).toBe("fenced");
    expect(await use.store.get(keyOf("lost"))).toBeUndefined();
  });

  it("reads a lease without transitions as its first term", async () => {
    await use.store.write(createOf(leaseKey("scheduler"), { bytes: leaseBytes("one") }));
    const fenced = (epoch: number, name: string) =>
      use.store.write(createOf(keyOf(name), { fence: fenceOf("one", epoch) }));
    expect((await fenced(0, "a")).status).toBe("committed");
    expect((await fenced(1, "b")).status).toBe("fenced");
  });

  it("holds nobody by a lease that is no JSON", async () => {
    await use.store.write(createOf(leaseKey("scheduler"), { bytes: Buffer.from("{") }));
    const result = await use.store.write(createOf(keyOf("a"), { fence: fenceOf("one", 0) }));
    expect(result.status).toBe("fenced");
  });

  it("sees a change of the lease by an earlier write that waits in the same batch", async () => {
    const lease = leaseKey("scheduler");
    const held = committed(await use.store.write(createOf(lease, { bytes: leaseBytes("one", 1) })));
    const results = await Promise.all([
      use.store.write(createOf(keyOf("first"))),
      use.store.write(createOf(keyOf("a"), { fence: fenceOf("one", 1) })),
      use.store.write(updateOf(lease, held, { bytes: leaseBytes("two", 2) })),
      use.store.write(createOf(keyOf("b"), { fence: fenceOf("one", 1) })),
      use.store.write(createOf(keyOf("c"), { fence: fenceOf("two", 2) })),
    ]);
    expect(results.map(({ status }) => status)).toEqual([
      "committed",
      "committed",
      "committed",
      "fenced",
      "committed",
    ]);
  });
}
