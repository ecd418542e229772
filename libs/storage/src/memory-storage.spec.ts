import { MemoryHistory } from "./memory-history.ts";
import { createMemoryStorage } from "./memory-storage.ts";
import type { Storage } from "./storage.ts";
import { storageSuite } from "./testing/suite.ts";

storageSuite("the in-memory model", async () => {
  const history = new MemoryHistory();
  const opened: Storage[] = [];
  return {
    async open() {
      const store = createMemoryStorage({ history, chunkObjects: 10 });
      opened.push(store);
      return store;
    },
    async raiseEpoch() {
      return history.raiseEpoch();
    },
    async dispose() {
      for (const store of opened) await store.close();
    },
  };
});
