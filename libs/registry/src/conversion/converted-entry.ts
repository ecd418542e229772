/** An entry as another version of its API shows it; converted on first use and kept beside the entry. */
import { type KubeObject, stringifyJson } from "@kubets/api";
import type { ObjectKey, Revision } from "@kubets/storage";
import type { Entry } from "@kubets/watch-cache";
import type { Conversion } from "./conversion.ts";

interface ServedVersion {
  readonly apiVersion: string;
  readonly conversion: Conversion | undefined;
}

export class ConvertedEntry implements Entry {
  readonly #entry: Entry;
  readonly #version: ServedVersion;
  #object: KubeObject | undefined;

  static of(entry: Entry, version: ServedVersion): Entry {
    return version.conversion === undefined ? entry : new ConvertedEntry(entry, version);
  }
  private constructor(entry: Entry, version: ServedVersion) {
    this.#entry = entry;
    this.#version = version;
  }

  get key(): ObjectKey {
    return this.#entry.key;
  }
  get revision(): Revision {
    return this.#entry.revision;
  }
  get object(): KubeObject {
    this.#object ??= this.#version.conversion?.fromStored(this.#entry.object) ?? this.#entry.object;
    return this.#object;
  }
  get json(): Buffer {
    return this.#entry.form(`json ${this.#version.apiVersion}`, () =>
      Buffer.from(stringifyJson(this.object)),
    );
  }
  form(name: string, make: (entry: Entry) => Buffer): Buffer {
    return this.#entry.form(`${name} ${this.#version.apiVersion}`, () => make(this));
  }
}
