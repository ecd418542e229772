import { FakeClock } from "@kubets/service";
import { clientSuite } from "../testing/client-suite.ts";
import { createMemoryClient } from "../testing/memory-client.ts";
import { serveRest } from "../testing/rest-test-server.ts";
import { createRestClient } from "./create-rest-client.ts";

clientSuite("the REST client", async () => {
  const model = createMemoryClient({ clock: new FakeClock() });
  const server = await serveRest(model);
  const client = createRestClient({ server: `http://${server.address}` });
  return {
    client,
    model,
    async close() {
      await client.close();
      await server.close();
    },
  };
});
