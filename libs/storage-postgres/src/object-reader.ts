import {
  isStorableKey,
  type ObjectKey,
  type ResourceScope,
  type Revision,
  StorageError,
  type StoredObject,
} from "@kubets/storage";
import type { Pool } from "pg";
import { readFailure } from "./database-error.ts";
import { shortRead } from "./short-read.ts";
import { getObjectSql } from "./sql/get-object.ts";
import { readObjectsSql } from "./sql/read-objects.ts";

const pageBytesMax = 16 * 1024 * 1024;
const pageObjectsMax = 2_000;

export interface ObjectPage {
  readonly revision: Revision;
  readonly objects: readonly StoredObject[];
}

const firstKey: ObjectKey = { group: "", resource: "", namespace: "", name: "" };

/** Reads of objects, now and at earlier revisions. */
export class ObjectReader {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async get(key: ObjectKey): Promise<StoredObject | undefined> {
    if (!isStorableKey(key)) return undefined;
    try {
      const { rows } = await this.#pool.query<unknown[]>(
        shortRead({
          name: "kubets_get_object",
          text: getObjectSql,
          rowMode: "array",
          values: [key.group, key.resource, key.namespace, key.name],
        }),
      );
      const [row] = rows;
      if (row === undefined) return undefined;
      return { key, uid: String(row[0]), revision: BigInt(String(row[1])), bytes: bytesOf(row[2]) };
    } catch (error) {
      throw readFailure(error);
    }
  }

  /**
   * One page of a snapshot, at most `limit` objects; an empty one says that there are no more. Without
   * `atRevision` it opens a snapshot: its pages are then read at the revision it gives.
   */
  async page(options: {
    readonly scope?: ResourceScope | undefined;
    readonly atRevision?: Revision | undefined;
    readonly after?: ObjectKey | undefined;
    readonly limit?: number | undefined;
  }): Promise<ObjectPage> {
    const { scope, atRevision } = options;
    const after = options.after ?? firstKey;
    try {
      // Planned anew each time: the filters that are null fall away.
      const { rows } = await this.#pool.query<unknown[]>({
        text: readObjectsSql,
        rowMode: "array",
        values: [
          atRevision === undefined ? null : String(atRevision),
          scope?.group ?? null,
          scope?.resource ?? null,
          scope?.namespace ?? null,
          ...[after.group, after.resource, after.namespace, after.name],
          Math.min(options.limit ?? pageObjectsMax, pageObjectsMax),
          pageBytesMax,
        ],
      });
      const [first] = rows;
      if (first === undefined) throw new StorageError("unusable", "the counter row is missing");
      const counter = BigInt(String(first[0]));
      const compacted = BigInt(String(first[1]));
      const revision = BigInt(String(first[2]));
      if (revision < compacted) {
        throw new StorageError(
          "compacted",
          `revision ${revision} is below the compacted revision ${compacted}`,
        );
      }
      if (revision > counter) {
        throw new StorageError("future", `revision ${revision} is ahead of ${counter}`);
      }
      return { revision, objects: rows.filter((row) => row[3] !== null).map(objectOf) };
    } catch (error) {
      throw readFailure(error);
    }
  }

  /** The rest of a snapshot, page by page; ahead: the next one is read while one is looked at. */
  async *rest(options: {
    readonly scope?: ResourceScope | undefined;
    readonly first: ObjectPage;
    readonly ahead?: boolean;
  }): AsyncGenerator<readonly StoredObject[]> {
    const { scope, first, ahead = false } = options;
    for (let { objects } = first; objects.length > 0; ) {
      const after = objects.at(-1)?.key;
      const read = () => this.page({ scope, after, atRevision: first.revision });
      const early = ahead ? read() : undefined;
      // Whoever stops here does not wait for it any more; whoever goes on sees its failure below.
      early?.catch(() => {});
      yield objects;
      ({ objects } = await (early ?? read()));
    }
  }
}

function objectOf(row: readonly unknown[]): StoredObject {
  return {
    key: {
      group: String(row[3]),
      resource: String(row[4]),
      namespace: String(row[5]),
      name: String(row[6]),
    },
    uid: String(row[7]),
    revision: BigInt(String(row[8])),
    bytes: bytesOf(row[9]),
  };
}

function bytesOf(value: unknown): Buffer {
  if (!Buffer.isBuffer(value)) throw new TypeError("an object has no bytes");
  return value;
}
