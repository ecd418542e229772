/**
 * What every implementation of the client port does alike. Run against the in-memory model and against
 * the adapters over servers that are backed by it.
 */
import { isStatusError, type StatusError } from "@kubets/api";
import type { Scale } from "@kubets/api/autoscaling/v1";
import type { ConfigMap, Pod } from "@kubets/api/core/v1";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Client, WatchEvent } from "../client.ts";
import { fencedClient } from "../leader/fenced-client.ts";
import { resourceType } from "../resource-type.ts";
import { configMaps, leases, namespaces, nodes, pods, replicaSets } from "../resources.ts";
import type { MemoryClient } from "./memory-client.ts";

export interface ClientSuiteScene {
  readonly client: Client;
  /** The model behind it, to bring about what a client cannot. */
  readonly model: MemoryClient;
  close(): Promise<void>;
}

export function clientSuite(name: string, open: () => Promise<ClientSuiteScene>): void {
  describe(name, () => {
    let scene: ClientSuiteScene;
    let client: Client;
    beforeEach(async () => {
      scene = await open();
      client = scene.client;
    });
    afterEach(() => scene.close());

    const map = (name: string, data: Record<string, string> = {}): ConfigMap => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace: "default", name },
      data,
    });

    it("gives a created object a uid and a revision, and gives it back on get", async () => {
      const created = await client.create(configMaps, map("a", { key: "value", ключ: "значение" }));
      expect(created.metadata.uid).not.toBe("");
      expect(created.metadata.resourceVersion).toMatch(/^\d+$/);
      expect(await client.get(configMaps, "default", "a")).toEqual(created);
    });

    it("refuses a second create with AlreadyExists and its message", async () => {
      await client.create(configMaps, map("a"));
      const error = await refusal(client.create(configMaps, map("a")));
      expect(error.code).toBe(409);
      expect(error.reason).toBe("AlreadyExists");
      expect(error.message).toBe('configmaps "a" already exists');
    });

    it("answers a missing object with NotFound and its details", async () => {
      const error = await refusal(client.get(nodes, "", "nowhere"));
      expect(error.code).toBe(404);
      expect(error.status.details).toEqual({ name: "nowhere", kind: "nodes" });
    });

    it("refuses a stale update with Conflict", async () => {
      const created = await client.create(configMaps, map("a"));
      await client.update(configMaps, { ...created, data: { x: "1" } });
      const error = await refusal(client.update(configMaps, { ...created, data: { x: "2" } }));
      expect(error.reason).toBe("Conflict");
    });

    it("keeps the status in an update and the spec in a status update", async () => {
      const created = await client.create(pods, pod("p"));
      const running = await client.updateStatus(pods, { ...created, status: { phase: "Running" } });
      const relabelled = await client.update(pods, {
        ...running,
        metadata: { ...running.metadata, labels: { a: "b" } },
        status: { phase: "Failed" },
      });
      expect(relabelled.status?.phase).toBe("Running");
      expect(relabelled.metadata.labels).toEqual({ a: "b" });
    });

    it("applies merge patches and strategic merge patches", async () => {
      await client.create(pods, pod("p"));
      const target = { namespace: "default", name: "p" };
      const labelled = await client.patch(pods, target, {
        type: "application/merge-patch+json",
        body: { metadata: { labels: { a: "b" } } },
      });
      expect(labelled.metadata.labels).toEqual({ a: "b" });
      const patched = await client.patch(
        pods,
        { ...target, subresource: "status" },
        {
          type: "application/strategic-merge-patch+json",
          body: { status: { conditions: [{ type: "Ready", status: "True" }] } },
        },
      );
      expect(patched.status?.conditions).toEqual([{ type: "Ready", status: "True" }]);
    });

    it("gives what a subresource shows", async () => {
      const target = { namespace: "default", name: "web" };
      const set = { apiVersion: "apps/v1", kind: "ReplicaSet", metadata: target };
      await client.create(replicaSets, {
        ...set,
        spec: { replicas: 3, selector: {}, template: {} },
      });
      const scale = resourceType<Scale>("apps", "v1", "replicasets", true);
      expect(
        await client.get(scale, target.namespace, target.name, { subresource: "scale" }),
      ).toMatchObject({ kind: "Scale", metadata: target, spec: { replicas: 3 } });
    });

    it("lists by namespace, label and field", async () => {
      await client.create(configMaps, map("a"));
      await client.create(configMaps, {
        ...map("b"),
        metadata: { namespace: "other", name: "b", labels: { x: "y" } },
      });
      const names = async (options: Parameters<Client["list"]>[1]) =>
        (await client.list(configMaps, options)).items.map((item) => item.metadata.name);
      expect(await names({})).toEqual(["a", "b"]);
      expect(await names({ namespace: "other" })).toEqual(["b"]);
      expect(await names({ labelSelector: "x=y" })).toEqual(["b"]);
      expect(await names({ fieldSelector: "metadata.name=a" })).toEqual(["a"]);
      expect((await client.list(configMaps)).items[0]).toMatchObject({
        apiVersion: "v1",
        kind: "ConfigMap",
      });
    });

    it("streams the changes since a revision in order, also those before the watch began", async () => {
      const { resourceVersion } = await client.list(configMaps);
      const created = await client.create(configMaps, map("a"));
      const { signal, seen } = follow(client, resourceVersion);
      await client.update(configMaps, { ...created, data: { x: "1" } });
      await client.delete(configMaps, "default", "a");
      await seen(3);
      signal.abort();
      expect((await seen(3)).map((event) => event.type)).toEqual(["ADDED", "MODIFIED", "DELETED"]);
    });

    it("answers a watch from a forgotten revision with 410", async () => {
      const { resourceVersion } = await client.list(configMaps);
      await client.create(configMaps, map("a"));
      scene.model.compact();
      const { seen } = follow(client, resourceVersion);
      const outcome = await seen(1).then(
        (events) => events[0],
        (error: unknown) => error,
      );
      const code = isStatusError(outcome)
        ? outcome.code
        : (outcome as { status?: { code?: number } }).status?.code;
      expect(code).toBe(410);
    });

    it("passes bookmarks on", async () => {
      const { resourceVersion } = await client.list(configMaps);
      const { signal, seen } = follow(client, resourceVersion);
      const created = await client.create(configMaps, map("a"));
      await seen(1);
      scene.model.sendBookmarks();
      const [, bookmark] = await seen(2);
      signal.abort();
      expect(bookmark).toEqual({
        type: "BOOKMARK",
        resourceVersion: created.metadata.resourceVersion,
      });
    });

    it("binds a pod once", async () => {
      await client.create(pods, pod("p"));
      const target = { namespace: "default", name: "p", subresource: "binding" };
      const binding = {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { namespace: "default", name: "p" },
        target: { kind: "Node", name: "n1" },
      };
      await client.createSubresource(pods, target, binding);
      expect((await client.get(pods, "default", "p")).spec?.nodeName).toBe("n1");
      const error = await refusal(client.createSubresource(pods, target, binding));
      expect(error.message).toBe(
        'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n1"',
      );
    });

    it("deletes under preconditions only what they name", async () => {
      const created = await client.create(configMaps, map("a"));
      const preconditions = { uid: "another" };
      const error = await refusal(client.delete(configMaps, "default", "a", { preconditions }));
      expect(error.reason).toBe("Conflict");
      const { uid } = created.metadata;
      if (uid === undefined) throw new Error("no uid");
      await client.delete(configMaps, "default", "a", { preconditions: { uid } });
      expect((await refusal(client.get(configMaps, "default", "a"))).code).toBe(404);
    });

    it("refuses every kind of write of a leader once another holds the Lease", async () => {
      const holds = (holderIdentity: string, leaseTransitions: number) =>
        scene.model.seed(leases, {
          apiVersion: "coordination.k8s.io/v1",
          kind: "Lease",
          metadata: { namespace: "kube-system", name: "test" },
          spec: { holderIdentity, leaseTransitions },
        });
      holds("a", 1);
      const fence = {
        leaseNamespace: "kube-system",
        leaseName: "test",
        epoch: 1,
        holderIdentity: "a",
      };
      const leader = fencedClient(client, () => fence);
      const data = await leader.create(configMaps, map("a"));
      const created = await leader.create(pods, pod("p"));
      const ending = await client.create(namespaces, {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: "n" },
      });
      holds("b", 2);
      const { revision } = scene.model;
      const target = { namespace: "default", name: "p" };
      const binding = {
        apiVersion: "v1",
        kind: "Binding",
        metadata: target,
        target: { kind: "Node", name: "n1" },
      };
      const writes: Promise<unknown>[] = [
        leader.create(configMaps, map("b")),
        leader.update(configMaps, { ...data, data: { x: "1" } }),
        leader.updateStatus(pods, { ...created, status: { phase: "Running" } }),
        leader.updateSubresource(namespaces, "finalize", ending),
        leader.patch(pods, target, {
          type: "application/merge-patch+json",
          body: { metadata: { labels: { a: "b" } } },
        }),
        leader.delete(pods, "default", "p"),
        leader.deleteCollection(pods, { namespace: "default" }),
        leader.createSubresource(pods, { ...target, subresource: "binding" }, binding),
      ];
      const refusals = await Promise.all(writes.map(refusal));
      expect(refusals.map(({ reason }) => reason)).toEqual(writes.map(() => "Conflict"));
      expect(scene.model.revision).toBe(revision);
    });

    it("cancels a call whose signal is aborted", async () => {
      const signal = AbortSignal.abort();
      await expect(client.get(configMaps, "default", "a", { signal })).rejects.toMatchObject({
        code: "cancelled",
      });
    });

    it("ends a watch whose signal is aborted", async () => {
      const { resourceVersion } = await client.list(configMaps);
      const { signal, ended } = follow(client, resourceVersion);
      signal.abort();
      await expect(ended).rejects.toMatchObject({ code: "cancelled" });
    });
  });
}

function pod(name: string): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace: "default", name },
    spec: { containers: [{ name: "c", image: "nginx" }] },
  };
}

async function refusal(call: Promise<unknown>): Promise<StatusError> {
  try {
    await call;
  } catch (error) {
    if (isStatusError(error)) return error;
    throw error;
  }
  throw new Error("the call was not refused");
}

/** Reads a watch of config maps until it ends; `seen(n)` resolves once n events have come. */
function follow(client: Client, resourceVersion: string) {
  const signal = new AbortController();
  const events: WatchEvent<ConfigMap>[] = [];
  let wake: () => void = () => {};
  const run = async () => {
    const options = { resourceVersion, allowWatchBookmarks: true, signal: signal.signal };
    for await (const batch of client.watch(configMaps, options)) {
      events.push(...batch);
      wake();
    }
  };
  const ended = run().finally(() => wake());
  ended.catch(() => {});
  const seen = async (count: number) => {
    while (events.length < count) {
      const more = new Promise<void>((resolve) => {
        wake = resolve;
      });
      await Promise.race([more, ended]);
    }
    return events;
  };
  return { signal, seen, ended };
}
