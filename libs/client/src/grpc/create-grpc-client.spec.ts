import { FakeClock } from "@kubets/service";
import { clientSuite } from "../testing/client-suite.ts";
import { serveGrpc } from "../testing/grpc-test-server.ts";
import { createMemoryClient } from "../testing/memory-client.ts";
import { createGrpcClient } from "./create-grpc-client.ts";

clientSuite("the gRPC client", async () => {
  const model = createMemoryClient({ clock: new FakeClock() });
  const server = await serveGrpc(model);
  const client = createGrpcClient({ address: server.address });
  return {
    client,
    model,
    async close() {
      await client.close();
      await server.close();
    },
  };
});
