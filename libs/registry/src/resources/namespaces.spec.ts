import { afterEach, beforeEach, expect, it } from "vitest";
import type { UpdateOptions } from "../store.ts";
import {
  admitAll,
  decoded,
  type Replica,
  refusal,
  scopeIn,
  startReplica,
} from "../testing/registry-harness.ts";

const FINALIZE: UpdateOptions = {
  subresource: "finalize",
  forceAllowCreate: false,
  operation: "Update",
};
const PUT: UpdateOptions = { ...FINALIZE, subresource: "" };

let replica: Replica;
beforeEach(async () => {
  replica = await startReplica();
  const namespace = decoded({ apiVersion: "v1", kind: "Namespace", metadata: { name: "ns" } });
  await replica.store("namespaces").create(scopeIn(""), namespace, admitAll);
});
afterEach(() => replica.stop());

const remove = (options = {}) =>
  replica.store("namespaces").delete(scopeIn(""), "ns", options, admitAll);

it("a new namespace is active, held by its content and labelled with its name", async () => {
  const { object } = await replica.store("namespaces").get(scopeIn(""), "ns");
  expect(object).toMatchObject({
    metadata: { labels: { "kubernetes.io/metadata.name": "ns" } },
    spec: { finalizers: ["kubernetes"] },
    status: { phase: "Active" },
  });
});

it("an update cannot take the finalizer or the label away", async () => {
  const { entry } = await replica
    .store("namespaces")
    .update(
      scopeIn(""),
      "ns",
      () => decoded({ apiVersion: "v1", kind: "Namespace", metadata: { name: "ns" }, spec: {} }),
      PUT,
      admitAll,
    );
  expect(entry.object).toMatchObject({
    metadata: { labels: { "kubernetes.io/metadata.name": "ns" } },
    spec: { finalizers: ["kubernetes"] },
    status: { phase: "Active" },
  });
});

it("ends in two steps: terminating first, gone when its content is", async () => {
  const first = await remove();
  expect(first.deleted).toBe(false);
  expect(first.entry.object).toMatchObject({ status: { phase: "Terminating" } });
  expect(first.entry.object.metadata.deletionTimestamp).toBe("2026-01-01T00:00:00Z");
  const again = await remove();
  expect([again.deleted, again.entry.revision]).toEqual([false, first.entry.revision]);
  const { entry } = await replica
    .store("namespaces")
    .update(
      scopeIn(""),
      "ns",
      (current) => ({ ...current, spec: {} }) as never,
      FINALIZE,
      admitAll,
    );
  expect(entry.object).toMatchObject({ status: { phase: "Terminating" } });
  expect(await refusal(replica.store("namespaces").get(scopeIn(""), "ns"))).toMatchObject({
    code: 404,
  });
});

it("stays while it has finalizers of others", async () => {
  await replica.store("namespaces").update(
    scopeIn(""),
    "ns",
    (current) =>
      ({
        ...current,
        metadata: { ...current?.metadata, finalizers: ["example.com/x"] },
      }) as never,
    PUT,
    admitAll,
  );
  await remove();
  await replica
    .store("namespaces")
    .update(
      scopeIn(""),
      "ns",
      (current) => ({ ...current, spec: {} }) as never,
      FINALIZE,
      admitAll,
    );
  const { object } = await replica.store("namespaces").get(scopeIn(""), "ns");
  expect(object).toMatchObject({ metadata: { finalizers: ["example.com/x"] }, spec: {} });
});
