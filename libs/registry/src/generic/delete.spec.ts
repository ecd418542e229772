import type { KubeObject } from "@kubets/api";
import { FakeClock } from "@kubets/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { UpdateOptions } from "../store.ts";
import {
  admitAll,
  decoded,
  type Replica,
  refusal,
  scopeIn,
  startReplica,
} from "../testing/registry-harness.ts";

const STATUS: UpdateOptions = {
  subresource: "status",
  forceAllowCreate: false,
  operation: "Update",
};

let replica: Replica;
let clock: FakeClock;
beforeEach(async () => {
  clock = new FakeClock();
  replica = await startReplica({ clock });
});
afterEach(() => replica.stop());

async function createPod(metadata: object = {}, spec: object = {}): Promise<KubeObject> {
  const pod = decoded({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", ...metadata },
    spec: { containers: [{ name: "c", image: "i" }], ...spec },
  });
  return (await replica.store("pods").create(scopeIn("default"), pod, admitAll)).object;
}

async function createJob(): Promise<void> {
  const job = decoded({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "j" },
    spec: {
      template: { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] } },
    },
  });
  await replica.store("jobs", "batch").create(scopeIn("default"), job, admitAll);
}

const remove = (options = {}, resource = "pods", group = "", name = "p") =>
  replica.store(resource, group).delete(scopeIn("default"), name, options, admitAll);

describe("delete", () => {
  it("removes a pod at once that is on no node", async () => {
    await createPod();
    const { deleted, entry } = await remove();
    expect(deleted).toBe(true);
    expect(entry.object.metadata).toMatchObject({
      deletionTimestamp: "2026-01-01T00:00:00Z",
      deletionGracePeriodSeconds: 0,
      resourceVersion: "2",
    });
    expect(await refusal(replica.store("pods").get(scopeIn("default"), "p"))).toMatchObject({
      code: 404,
    });
  });

  it("gives a running pod its grace period, which can only be shortened", async () => {
    await createPod({}, { nodeName: "n" });
    const first = await remove();
    expect(first.deleted).toBe(false);
    expect(first.entry.object.metadata).toMatchObject({
      deletionTimestamp: "2026-01-01T00:00:30Z",
      deletionGracePeriodSeconds: 30,
      generation: 2,
    });
    await clock.advance(5_000);
    const longer = await remove({ gracePeriodSeconds: 60 });
    expect(longer.entry.object.metadata.resourceVersion).toBe("2");
    const shorter = await remove({ gracePeriodSeconds: 10 });
    expect(shorter.entry.object.metadata).toMatchObject({
      deletionTimestamp: "2026-01-01T00:00:10Z",
      deletionGracePeriodSeconds: 10,
      generation: 2,
    });
    const now = await remove({ gracePeriodSeconds: 0 });
    expect(now.deleted).toBe(true);
    expect(now.entry.object.metadata.deletionGracePeriodSeconds).toBe(0);
  });

  it("takes a negative grace period as one second and a finished pod at once", async () => {
    await createPod({}, { nodeName: "n" });
    const negative = await remove({ gracePeriodSeconds: -5 });
    expect(negative.entry.object.metadata.deletionGracePeriodSeconds).toBe(1);
    await createPod({ name: "done" }, { nodeName: "n" });
    await replica
      .store("pods")
      .update(
        scopeIn("default"),
        "done",
        (current) => ({ ...current, status: { phase: "Succeeded" } }) as never,
        STATUS,
        admitAll,
      );
    const done = await remove({}, "pods", "", "done");
    expect(done.deleted).toBe(true);
  });

  it("marks an object with finalizers and leaves it", async () => {
    await createPod({ finalizers: ["example.com/hold"] });
    const { deleted, entry } = await remove();
    expect(deleted).toBe(false);
    expect(entry.object.metadata).toMatchObject({
      deletionGracePeriodSeconds: 0,
      finalizers: ["example.com/hold"],
    });
    const again = await remove();
    expect(again.deleted).toBe(false);
  });

  it("writes down what is to become of dependents", async () => {
    await createJob();
    const orphaned = await remove({}, "jobs", "batch", "j");
    expect(orphaned.entry.object.metadata.finalizers).toEqual(["orphan"]);
    await createPod();
    const foreground = await remove({ propagationPolicy: "Foreground" });
    expect(foreground.deleted).toBe(false);
    expect(foreground.entry.object.metadata.finalizers).toEqual(["foregroundDeletion"]);
  });

  it("checks its preconditions with upstream's texts", async () => {
    const { metadata } = await createPod();
    expect(await refusal(remove({ preconditions: { uid: "other" } }))).toEqual({
      code: 409,
      reason: "Conflict",
      message: `Operation cannot be fulfilled on Pod "p": the UID in the precondition (other) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    });
    expect(await refusal(remove({ preconditions: { resourceVersion: "9" } }))).toMatchObject({
      message:
        'Operation cannot be fulfilled on Pod "p": the ResourceVersion in the precondition (9) does not match the ResourceVersion in record (1). The object might have been modified',
    });
  });

  it("deletes a selection and nothing else", async () => {
    for (const name of ["a", "b", "c"]) await createPod({ name, labels: { app: name } });
    const page = await replica
      .store("pods")
      .deleteCollection(scopeIn("default"), {}, { labelSelector: "app in (a,b)" }, admitAll);
    expect(page.entries.map(({ key }) => key.name)).toEqual(["a", "b"]);
    const left = await replica.store("pods").list(scopeIn("default"), {});
    expect(left.entries.map(({ key }) => key.name)).toEqual(["c"]);
  });

  it("deletes nothing in a dry run", async () => {
    await createPod();
    const result = await replica
      .store("pods")
      .delete(scopeIn("default", { dryRun: true }), "p", {}, admitAll);
    expect(result.deleted).toBe(true);
    await replica.store("pods").get(scopeIn("default"), "p");
  });

  it("finds nothing under a name that no object can have", async () => {
    expect(await refusal(remove({}, "pods", "", "a\0b"))).toMatchObject({ code: 404 });
  });

  it("asks admission with the object as it was", async () => {
    await createPod();
    const refused = replica.store("pods").delete(
      scopeIn("default"),
      "p",
      {},
      {
        ...admitAll,
        validate: ({ operation, oldObject }) =>
          Promise.reject(new Error(`${operation} ${oldObject?.metadata.name}`)),
      },
    );
    await expect(refused).rejects.toThrow("DELETE p");
  });
});
