import type { Storage } from "@kubets/storage";
import { keyOf, objectOf } from "./bench-postgres.ts";

/** Objects of 1 kB, named o0, o1 and so on. */
export async function fillStore(store: Storage, objects: number): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: 256 }, async () => {
      while (next < objects) {
        const name = `o${next++}`;
        const bytes = objectOf(name);
        const write = { key: keyOf(name), requestId: `fill-${name}`, uid: name, bytes };
        const result = await store.write({ op: "create", ...write });
        if (result.status !== "committed") throw new Error(result.status);
      }
    }),
  );
}
