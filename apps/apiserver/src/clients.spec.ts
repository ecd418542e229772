/** The clients of kubets' own components, over both edges of the real apiserver. */
import { isStatusError } from "@kubets/api";
import type { ConfigMap, Pod } from "@kubets/api/core/v1";
import {
  type Client,
  configMaps,
  createGrpcClient,
  createRestClient,
  pods,
  resourceType,
  type WatchEvent,
} from "@kubets/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApiserver, type TestApiserver } from "./testing/start-apiserver.ts";

let server: TestApiserver;
const clients: Record<string, Client> = {};

beforeAll(async () => {
  server = await startTestApiserver([
    "--authorization-mode=RBAC",
    "--disable-admission-plugins=ServiceAccount",
  ]);
  const tls = await server.identity("admin", ["system:masters"]);
  clients.grpc = createGrpcClient({ address: `127.0.0.1:${server.apiserver.grpc.port}`, tls });
  clients.rest = createRestClient({ server: server.url, tls });
});
afterAll(async () => {
  for (const client of Object.values(clients)) await client.close();
  await server.stop();
});

describe.each(["grpc", "rest"])("the %s client", (edge) => {
  const client = () => {
    const found = clients[edge];
    if (found === undefined) throw new Error(`no ${edge} client`);
    return found;
  };
  const map = (name: string, data: Record<string, string> = {}): ConfigMap => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace: "default", name: `${edge}-${name}` },
    data,
  });

  test("creates, reads, updates, patches and deletes", async () => {
    const created = await client().create(configMaps, map("life", { a: "1" }));
    expect(await client().get(configMaps, "default", `${edge}-life`)).toEqual(created);
    const updated = await client().update(configMaps, { ...created, data: { a: "2" } });
    expect(updated.data).toEqual({ a: "2" });
    const stale = await client()
      .update(configMaps, { ...created, data: { a: "3" } })
      .catch((error: unknown) => error);
    expect(isStatusError(stale, "Conflict")).toBe(true);
    const patched = await client().patch(
      configMaps,
      { namespace: "default", name: `${edge}-life` },
      { type: "application/merge-patch+json", body: { data: { b: "3" } } },
    );
    expect(patched.data).toEqual({ a: "2", b: "3" });
    await client().delete(configMaps, "default", `${edge}-life`);
    const gone = await client()
      .get(configMaps, "default", `${edge}-life`)
      .catch((error: unknown) => error);
    expect(isStatusError(gone, "NotFound")).toBe(true);
  });

  test("lists in pages and by selector", async () => {
    for (const name of ["p1", "p2", "p3"]) {
      const object = map(name);
      object.metadata.labels = { paged: edge };
      await client().create(configMaps, object);
    }
    const labelSelector = `paged=${edge}`;
    const first = await client().list(configMaps, { labelSelector, limit: 2 });
    expect(first.items).toHaveLength(2);
    const { continueToken } = first;
    const rest = await client().list(configMaps, { labelSelector, limit: 2, continueToken });
    expect(rest.items.map(({ metadata }) => metadata.name)).toEqual([`${edge}-p3`]);
    expect(rest.continueToken).toBe("");
  });

  test("watches from where a list ended", async () => {
    const { resourceVersion } = await client().list(configMaps, { namespace: "default" });
    await client().create(configMaps, map("w1"));
    await client().delete(configMaps, "default", `${edge}-w1`);
    const stop = new AbortController();
    const seen: string[] = [];
    const watch = client().watch(configMaps, {
      namespace: "default",
      resourceVersion,
      signal: stop.signal,
    });
    const name = (event: WatchEvent<ConfigMap>) =>
      "object" in event ? `${event.type} ${event.object.metadata.name}` : event.type;
    for await (const batch of watch) {
      seen.push(...batch.map(name));
      if (seen.length >= 2) break;
    }
    stop.abort();
    expect(seen).toEqual([`ADDED ${edge}-w1`, `DELETED ${edge}-w1`]);
  });

  test("binds a pod and writes its status", async () => {
    const pod: Pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { namespace: "default", name: `${edge}-pod` },
      spec: { containers: [{ name: "c", image: "nginx" }] },
    };
    await client().create(pods, pod);
    await client().createSubresource(
      pods,
      { namespace: "default", name: `${edge}-pod`, subresource: "binding" },
      {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { namespace: "default", name: `${edge}-pod` },
        target: { kind: "Node", name: "n1" },
      } as never,
    );
    const bound = await client().get(pods, "default", `${edge}-pod`);
    expect(bound.spec?.nodeName).toBe("n1");
    const running = await client().updateStatus(pods, {
      ...bound,
      status: { ...bound.status, phase: "Running" },
    });
    expect(running.status?.phase).toBe("Running");
    const onNode = await client().list(pods, { fieldSelector: "spec.nodeName=n1" });
    expect(onNode.items.map(({ metadata }) => metadata.name)).toContain(`${edge}-pod`);
    await client().delete(pods, "default", `${edge}-pod`, { gracePeriodSeconds: 0 });
  });

  test("is told which resource does not exist", async () => {
    const nothing = resourceType("", "v1", "nothings", true);
    const error = await client()
      .list(nothing)
      .catch((refusal: unknown) => refusal);
    expect(isStatusError(error, "NotFound")).toBe(true);
  });
});
