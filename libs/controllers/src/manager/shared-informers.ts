import type { KubeObject } from "@kubets/api";
import { Informer, type InformerRunnable, type Reader, type ResourceType } from "@kubets/client";
import type { Clock, Logger } from "@kubets/service";
import { indexersFor } from "./informer-indexes.ts";

export interface SharedInformersOptions {
  readonly client: Reader;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
}

/** One informer for each resource that anybody asked for, with the indexes of the table. */
export class SharedInformers {
  readonly #options: SharedInformersOptions;
  readonly #informers = new Map<string, Informer<never>>();

  constructor(options: SharedInformersOptions) {
    this.#options = options;
  }
  of<T extends KubeObject>(type: ResourceType<T>): Informer<T> {
    const key = `${type.group}/${type.version}/${type.resource}`;
    // The key names the type, so what is found under it has that type.
    const found = this.#informers.get(key) as Informer<T> | undefined;
    if (found !== undefined) return found;
    const informer = new Informer<T>({ ...this.#options, type, indexers: indexersFor(type) });
    this.#informers.set(key, informer as unknown as Informer<never>);
    return informer;
  }
  all(): readonly InformerRunnable[] {
    return [...this.#informers.values()];
  }
}
