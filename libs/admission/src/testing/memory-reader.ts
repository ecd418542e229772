import type { KubeObject } from "@kubets/api";
import type { AdmissionReader, ReadableType } from "../admission-reader.ts";

/** Objects in memory; those added to `fresh` are not in the cache yet. */
export class MemoryReader implements AdmissionReader {
  readonly #cached = new Map<string, KubeObject>();
  readonly #fresh = new Map<string, KubeObject>();

  add<T extends KubeObject>(type: ReadableType<T>, ...objects: T[]): this {
    for (const object of objects) this.#cached.set(keyOf(type, object), object);
    return this;
  }
  addFresh<T extends KubeObject>(type: ReadableType<T>, object: T): this {
    this.#fresh.set(keyOf(type, object), object);
    return this;
  }
  remove<T extends KubeObject>(type: ReadableType<T>, object: T): this {
    this.#cached.delete(keyOf(type, object));
    return this;
  }
  peek<T extends KubeObject>(type: ReadableType<T>, namespace: string, name: string) {
    return this.#cached.get(`${type.group}/${type.resource}/${namespace}/${name}`) as T | undefined;
  }
  *peekAll<T extends KubeObject>(type: ReadableType<T>, namespace?: string) {
    const prefix = `${type.group}/${type.resource}/`;
    for (const [key, object] of this.#cached) {
      if (!key.startsWith(prefix)) continue;
      if (namespace === undefined || object.metadata.namespace === namespace) yield object as T;
    }
  }
  async read<T extends KubeObject>(type: ReadableType<T>, namespace: string, name: string) {
    const key = `${type.group}/${type.resource}/${namespace}/${name}`;
    return (this.#fresh.get(key) ?? this.#cached.get(key)) as T | undefined;
  }
}

function keyOf(type: ReadableType<KubeObject>, { metadata }: KubeObject): string {
  return `${type.group}/${type.resource}/${metadata.namespace ?? ""}/${metadata.name ?? ""}`;
}
