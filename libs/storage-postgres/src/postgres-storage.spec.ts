import { storageSuite } from "@kubets/storage/suite";
import { afterAll, describe, it } from "vitest";
import { openDatabase, TestServer } from "./testing/test-server.ts";

const server = await TestServer.start();
afterAll(() => server?.stop());

if (server === undefined) {
  describe("storage in Postgres", () => {
    it.skip("needs a Postgres that can be started here", () => {});
  });
} else {
  storageSuite("storage in Postgres", () => openDatabase(server));
}
