/**
 * What the apiserver knows of its own parts, made up for each request.
 *
 * Upstream: pkg/registry/core/componentstatus/rest.go @1.36
 */
import { type KubeObject, methodNotSupported, notFound, type ResourceInfo } from "@kubets/api";
import type { ComponentStatus } from "@kubets/api/core/v1";
import type { Storage } from "@kubets/storage";
import type { Entry } from "@kubets/watch-cache";
import { WrittenEntry } from "../generic/written-entry.ts";
import type { ListPage, ResourceStore, TableConvertor } from "../store.ts";
import { tableOf } from "../tables/tables.ts";

export class ComponentStatusStore implements ResourceStore {
  readonly info: ResourceInfo;
  readonly table: TableConvertor;
  readonly #storage: Storage;

  constructor(info: ResourceInfo, storage: Storage) {
    this.info = info;
    this.table = tableOf("", info.kind);
    this.#storage = storage;
  }

  async get(_scope: unknown, name: string): Promise<Entry> {
    const { entries } = await this.list();
    const entry = entries.find(({ key }) => key.name === name);
    if (entry === undefined) throw notFound(this.info, name);
    return entry;
  }

  async list(): Promise<ListPage> {
    return { revision: 0n, entries: [await this.#store()], continueToken: "" };
  }

  /** The store answers a question or it does not. */
  async #store(): Promise<Entry> {
    try {
      await this.#storage.currentRevision();
      return entryOf(statusOf("etcd-0", { status: "True", message: "ok" }));
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      return entryOf(statusOf("etcd-0", { status: "False", message: "", error: text }));
    }
  }

  watch(): Promise<never> {
    return this.#refuse("watch");
  }
  create(): Promise<never> {
    return this.#refuse("create");
  }
  update(): Promise<never> {
    return this.#refuse("update");
  }
  delete(): Promise<never> {
    return this.#refuse("delete");
  }
  deleteCollection(): Promise<never> {
    return this.#refuse("deletecollection");
  }
  #refuse(verb: string): Promise<never> {
    return Promise.reject(methodNotSupported(this.info, verb));
  }
}

function statusOf(
  name: string,
  condition: { readonly status: string; readonly message: string; readonly error?: string },
): ComponentStatus {
  return {
    kind: "ComponentStatus",
    apiVersion: "v1",
    metadata: { name },
    conditions: [{ type: "Healthy", ...condition }],
  };
}

function entryOf(object: KubeObject): Entry {
  const name = object.metadata.name ?? "";
  const key = { group: "", resource: "componentstatuses", namespace: "", name };
  return new WrittenEntry(key, 0n, object, Buffer.from(JSON.stringify(object)));
}
