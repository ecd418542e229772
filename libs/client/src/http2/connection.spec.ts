import { FakeClock } from "@kubets/service";
import { describe, expect, it } from "vitest";
import { createGrpcClient } from "../grpc/create-grpc-client.ts";
import { namespaces } from "../resources.ts";
import { serveGrpc } from "../testing/grpc-test-server.ts";
import { createMemoryClient } from "../testing/memory-client.ts";

const model = () => {
  const memory = createMemoryClient({ clock: new FakeClock() });
  memory.seed(namespaces, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "default" },
  });
  return memory;
};

describe("the connection", () => {
  it("tries the addresses in turn", async () => {
    const server = await serveGrpc(model());
    const client = createGrpcClient({ address: ["127.0.0.1:1", server.address] });
    expect((await client.get(namespaces, "", "default")).metadata.name).toBe("default");
    await client.close();
    await server.close();
  });

  it("is made again, at another address, after the server went away", async () => {
    const first = await serveGrpc(model());
    const second = await serveGrpc(model());
    const client = createGrpcClient({ address: [first.address, second.address] });
    await client.get(namespaces, "", "default");
    await first.close();
    // The end may show in this call or before it; the next one must do.
    await client.get(namespaces, "", "default").catch(() => {});
    expect((await client.get(namespaces, "", "default")).metadata.name).toBe("default");
    await client.close();
    await second.close();
  });

  it("says that no server can be reached, for all calls that waited for the same attempt", async () => {
    const client = createGrpcClient({ address: "127.0.0.1:1" });
    const calls = [1, 2, 3].map(() => client.get(namespaces, "", "default"));
    for (const call of await Promise.allSettled(calls)) {
      expect(call).toMatchObject({ status: "rejected", reason: { code: "unreachable" } });
    }
    await client.close();
    await expect(client.get(namespaces, "", "default")).rejects.toMatchObject({
      code: "cancelled",
    });
  });

  it("ends open watches when it breaks", async () => {
    const server = await serveGrpc(model());
    const client = createGrpcClient({ address: server.address });
    const { resourceVersion } = await client.list(namespaces);
    const read = async () => {
      for await (const _ of client.watch(namespaces, { resourceVersion })) {
        // Nothing comes.
      }
    };
    const ended = read();
    ended.catch(() => {});
    await client.get(namespaces, "", "default");
    await server.close();
    await expect(ended).rejects.toMatchObject({ name: "ClientError" });
    await client.close();
  });
});
