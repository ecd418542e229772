/**
 * The objects of one informer by key, with secondary indexes. Objects in it are shared: never change
 * one, copy it.
 */
import type { KubeObject } from "@kubets/api";
import { objectKey } from "../object-key.ts";

/** The values under which an object is found in an index. */
export type IndexFunction<T> = (object: T) => readonly string[];

/** One difference: `old` is absent for a new object, `current` for one that is gone. Their uids are the same. */
export interface Change<T> {
  readonly key: string;
  readonly old: T | undefined;
  readonly current: T | undefined;
}

/** What users of an informer may read. */
export interface StoreReader<T> {
  readonly size: number;
  /** `key` is `namespace/name`, or `name` for cluster-scoped objects. */
  get(key: string): T | undefined;
  list(): readonly T[];
  keys(): readonly string[];
  /** The objects that the index function gave `value` for. Throws when there is no such index. */
  byIndex(index: string, value: string): readonly T[];
}

export class Store<T extends KubeObject> implements StoreReader<T> {
  #objects = new Map<string, T>();
  readonly #indexes: readonly {
    readonly name: string;
    readonly values: IndexFunction<T>;
    readonly byValue: Map<string, Map<string, T>>;
  }[];

  constructor(indexers: Readonly<Record<string, IndexFunction<T>>> = {}) {
    this.#indexes = Object.entries(indexers).map(([name, values]) => ({
      name,
      values,
      byValue: new Map(),
    }));
  }
  get size(): number {
    return this.#objects.size;
  }
  get(key: string): T | undefined {
    return this.#objects.get(key);
  }
  list(): readonly T[] {
    return [...this.#objects.values()];
  }
  keys(): readonly string[] {
    return [...this.#objects.keys()];
  }
  byIndex(index: string, value: string): readonly T[] {
    const found = this.#indexes.find((candidate) => candidate.name === index);
    if (found === undefined) throw new Error(`there is no index "${index}"`);
    const objects = found.byValue.get(value);
    return objects === undefined ? [] : [...objects.values()];
  }

  /** Puts in the object and tells what changed; an object with another uid is a removal and an addition. */
  set(object: T): readonly Change<T>[] {
    const key = objectKey(object);
    const old = this.#objects.get(key);
    if (old !== undefined) this.#unindex(key, old);
    this.#objects.set(key, object);
    this.#index(key, object);
    if (old !== undefined && old.metadata.uid !== object.metadata.uid) {
      return [
        { key, old, current: undefined },
        { key, old: undefined, current: object },
      ];
    }
    return [{ key, old, current: object }];
  }

  /** `last` is the object as the event had it, newer than ours. */
  delete(last: T): readonly Change<T>[] {
    const key = objectKey(last);
    const old = this.#objects.get(key);
    if (old === undefined) return [];
    this.#unindex(key, old);
    this.#objects.delete(key);
    const isSame = old.metadata.uid === last.metadata.uid;
    return [{ key, old: isSame ? last : old, current: undefined }];
  }

  /** Swaps the whole contents and tells the differences; objects with the same revision are none. */
  replace(objects: readonly T[]): readonly Change<T>[] {
    const changes: Change<T>[] = [];
    const before = this.#objects;
    const after = new Map<string, T>();
    for (const object of objects) after.set(objectKey(object), object);
    for (const [key, old] of before) {
      if (!after.has(key)) changes.push({ key, old, current: undefined });
    }
    for (const [key, current] of after) {
      const old = before.get(key);
      if (old === undefined) changes.push({ key, old, current });
      else if (old.metadata.uid !== current.metadata.uid) {
        changes.push({ key, old, current: undefined }, { key, old: undefined, current });
      } else if (old.metadata.resourceVersion !== current.metadata.resourceVersion) {
        changes.push({ key, old, current });
      }
    }
    this.#objects = after;
    for (const index of this.#indexes) index.byValue.clear();
    for (const [key, object] of after) this.#index(key, object);
    return changes;
  }

  #index(key: string, object: T): void {
    for (const { values, byValue } of this.#indexes) {
      for (const value of values(object)) {
        const objects = byValue.get(value);
        if (objects === undefined) byValue.set(value, new Map([[key, object]]));
        else objects.set(key, object);
      }
    }
  }

  #unindex(key: string, object: T): void {
    for (const { values, byValue } of this.#indexes) {
      for (const value of values(object)) {
        const objects = byValue.get(value);
        objects?.delete(key);
        if (objects?.size === 0) byValue.delete(value);
      }
    }
  }
}
