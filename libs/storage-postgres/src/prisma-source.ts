import type { Pool } from "pg";
import type { PrismaClient } from "./gen/prisma/client.ts";

/**
 * Prisma's client over the pool that is there, loaded when it is first needed: it costs some 50 MB and
 * 100 ms, and a replica that only serves may never need it.
 */
export class PrismaSource {
  readonly #pool: Pool;
  #client: Promise<PrismaClient> | undefined;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  get(): Promise<PrismaClient> {
    this.#client ??= this.#load();
    return this.#client;
  }

  /** The pool stays open: it is not Prisma's. */
  async close(): Promise<void> {
    const client = await this.#client?.catch(() => undefined);
    await client?.$disconnect();
  }

  async #load(): Promise<PrismaClient> {
    const [{ PrismaPg }, { PrismaClient }] = await Promise.all([
      import("@prisma/adapter-pg"),
      import("./gen/prisma/client.ts"),
    ]);
    return new PrismaClient({ adapter: new PrismaPg(this.#pool) });
  }
}
