import { FakeClock } from "@kubets/service";
import { clientSuite } from "./client-suite.ts";
import { createMemoryClient } from "./memory-client.ts";

clientSuite("the in-memory client", () => {
  const model = createMemoryClient({ clock: new FakeClock() });
  return Promise.resolve({ client: model, model, close: () => model.close() });
});
