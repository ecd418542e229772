import type { KubeObject } from "@kubets/api";
import type { ObjectKey, Revision, Storage, WriteResult } from "@kubets/storage";

export const podsOf = { group: "", resource: "pods" };

export interface PodState {
  readonly app?: string;
  readonly nodeName?: string;
}

export function podKey(name: string, namespace = "default"): ObjectKey {
  return { ...podsOf, namespace, name };
}

export function pod(name: string, state: PodState = {}, namespace = "default"): KubeObject {
  const { app, nodeName } = state;
  const object = {
    kind: "Pod",
    apiVersion: "v1",
    metadata: { name, namespace, ...(app === undefined ? {} : { labels: { app } }) },
    spec: nodeName === undefined ? {} : { nodeName },
  };
  return object;
}

export function bytesOf(object: unknown): Buffer {
  return Buffer.from(JSON.stringify(object));
}

/** Writes pods and remembers their revisions, as a client would. */
export class PodWriter {
  readonly #storage: Storage;
  readonly #revisions = new Map<string, Revision>();
  readonly #states = new Map<string, PodState>();
  #requests = 0;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  async create(name: string, state: PodState = {}, namespace = "default"): Promise<Revision> {
    const object = pod(name, state, namespace);
    const base = { key: podKey(name, namespace), requestId: this.#id() };
    return this.#done(
      name,
      namespace,
      state,
      await this.#storage.write({
        ...base,
        op: "create",
        uid: `uid-${name}`,
        bytes: bytesOf(object),
        decoded: object,
      }),
    );
  }

  async update(name: string, state: PodState = {}, namespace = "default"): Promise<Revision> {
    const result = await this.#storage.write({
      op: "update",
      key: podKey(name, namespace),
      requestId: this.#id(),
      expectedRevision: this.#revisions.get(`${namespace}/${name}`) ?? 0n,
      uid: `uid-${name}`,
      bytes: bytesOf(pod(name, state, namespace)),
    });
    return this.#done(name, namespace, state, result);
  }

  async delete(name: string, namespace = "default"): Promise<Revision> {
    const text = `${namespace}/${name}`;
    const result = await this.#storage.write({
      op: "delete",
      key: podKey(name, namespace),
      requestId: this.#id(),
      expectedRevision: this.#revisions.get(text) ?? 0n,
      bytes: bytesOf(pod(name, this.#states.get(text), namespace)),
    });
    return this.#done(name, namespace, {}, result);
  }

  #done(name: string, namespace: string, state: PodState, result: WriteResult): Revision {
    if (result.status !== "committed") throw new Error(`the write is ${result.status}`);
    this.#revisions.set(`${namespace}/${name}`, result.revision);
    this.#states.set(`${namespace}/${name}`, state);
    return result.revision;
  }

  #id(): string {
    this.#requests += 1;
    return `request-${this.#requests}`;
  }
}
