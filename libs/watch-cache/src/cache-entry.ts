import { internalError, type KubeObject, parseJson } from "@kubets/api";
import type { ObjectKey, Revision } from "@kubets/storage";
import type { EntryBudgets, FormHolder } from "./form-budget.ts";
import { spliceResourceVersion } from "./splice-resource-version.ts";
import type { Entry } from "./types.ts";

/** A writer's object, by the name it is forgotten under: wanted while its event is new, and more than all the rest of an entry. */
const decodedForm = "decoded";
/** Its memory, in lengths of its JSON. */
const decodedFactor = 8;

/**
 * One object at one revision. Holds the stored bytes until somebody wants the ready ones, and no parsed form
 * until somebody looks inside: most objects are only ever sent.
 */
export class CacheEntry implements Entry, FormHolder {
  readonly key: ObjectKey;
  readonly revision: Revision;
  /** The stored bytes, or the ready ones once they were asked for. */
  #bytes: Buffer;
  #isReady = false;
  #object: KubeObject | undefined;
  #forms: Map<string, Buffer> | undefined;
  readonly #budgets: EntryBudgets;

  /** `decoded` is the object of `bytes`, if its writer is this process; it gets its resourceVersion here. */
  constructor(options: {
    readonly key: ObjectKey;
    readonly revision: Revision;
    readonly bytes: Buffer;
    readonly decoded?: unknown;
    readonly budgets: EntryBudgets;
  }) {
    this.key = options.key;
    this.revision = options.revision;
    this.#bytes = options.bytes;
    this.#budgets = options.budgets;
    this.#object = versioned(options.decoded, options.revision);
    if (this.#object !== undefined) {
      this.#budgets.objects.add(this, decodedForm, decodedFactor * this.#bytes.length);
    }
  }

  get object(): KubeObject {
    this.#object ??= this.#parse();
    return this.#object;
  }

  get json(): Buffer {
    if (!this.#isReady) {
      this.#bytes = spliceResourceVersion(this.#bytes, this.revision);
      this.#isReady = true;
    }
    return this.#bytes;
  }

  /** About the length of its JSON, without making it. */
  get size(): number {
    return this.#bytes.length;
  }

  form(name: string, make: (entry: Entry) => Buffer): Buffer {
    this.#forms ??= new Map();
    const known = this.#forms.get(name);
    if (known !== undefined) return known;
    const made = make(this);
    this.#forms.set(name, made);
    this.#budgets.forms.add(this, name, made.length);
    return made;
  }

  dropForm(name: string): void {
    if (name === decodedForm) this.#object = undefined;
    else this.#forms?.delete(name);
  }

  /** The same content as of another revision: what a watcher sees of an object that left its selection. */
  at(revision: Revision): CacheEntry {
    const { key } = this;
    if (!this.#isReady) {
      return new CacheEntry({ key, revision, bytes: this.#bytes, budgets: this.#budgets });
    }
    // The ready bytes carry the old revision.
    const metadata = { ...this.object.metadata, resourceVersion: String(revision) };
    const moved = new CacheEntry({
      key,
      revision,
      bytes: withVersion(this.#bytes, this.revision, revision),
      decoded: { ...this.object, metadata },
      budgets: this.#budgets,
    });
    moved.#isReady = true;
    return moved;
  }

  #parse(): KubeObject {
    const { group, resource, namespace, name } = this.key;
    let value: unknown;
    try {
      value = parseJson(this.#bytes);
    } catch (cause) {
      throw internalError(
        `the stored object ${namespace}/${name} of ${resource}${group && `.${group}`} cannot be read`,
        { cause },
      );
    }
    const object = versioned(value, this.revision);
    if (object === undefined) {
      throw internalError(
        `the stored object ${namespace}/${name} of ${resource}${group && `.${group}`} has no metadata`,
      );
    }
    return object;
  }
}

/** Sets metadata.resourceVersion in an object that nobody else has seen yet. */
function versioned(value: unknown, revision: Revision): KubeObject | undefined {
  if (!isKubeObject(value)) return undefined;
  const resourceVersion = String(revision);
  if (value.metadata.resourceVersion === resourceVersion) return value;
  if (Reflect.set(value.metadata, "resourceVersion", resourceVersion)) return value;
  return { ...value, metadata: { ...value.metadata, resourceVersion } };
}

function isKubeObject(value: unknown): value is KubeObject {
  if (typeof value !== "object" || value === null) return false;
  const metadata: unknown = Reflect.get(value, "metadata");
  return typeof metadata === "object" && metadata !== null;
}

/** Replaces the revision in ready bytes, where it stands first in metadata. */
function withVersion(ready: Buffer, from: Revision, to: Revision): Buffer {
  const old = Buffer.from(`"resourceVersion":"${from}"`);
  const at = ready.indexOf(old);
  return Buffer.concat([
    ready.subarray(0, at),
    Buffer.from(`"resourceVersion":"${to}"`),
    ready.subarray(at + old.length),
  ]);
}
