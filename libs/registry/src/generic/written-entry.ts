/**
 * An object as one write or one read of the store gave it: it does not wait for the cache and parses
 * nothing that is known.
 */
import { type KubeObject, parseJson } from "@kubets/api";
import type { ObjectKey, Revision, StoredObject } from "@kubets/storage";
import type { Entry } from "@kubets/watch-cache";
import type { AnyObject } from "../draft.ts";

const METADATA = '"metadata":{';

export class WrittenEntry implements Entry {
  readonly key: ObjectKey;
  readonly revision: Revision;
  readonly object: KubeObject;
  readonly #bytes: Buffer;
  #json: Buffer | undefined;
  #forms: Map<string, Buffer> | undefined;

  /** `object` carries its resourceVersion; `bytes` do not. */
  constructor(key: ObjectKey, revision: Revision, object: KubeObject, bytes: Buffer) {
    this.key = key;
    this.revision = revision;
    this.object = object;
    this.#bytes = bytes;
  }

  get json(): Buffer {
    this.#json ??= withResourceVersion(this.#bytes, this.revision);
    return this.#json;
  }

  form(name: string, make: (entry: Entry) => Buffer): Buffer {
    this.#forms ??= new Map();
    let form = this.#forms.get(name);
    if (form === undefined) {
      form = make(this);
      this.#forms.set(name, form);
    }
    return form;
  }
}

/** A stored object, parsed. */
export function entryOfStored(stored: StoredObject): WrittenEntry {
  const object = parseJson(stored.bytes) as unknown as AnyObject;
  const metadata = { ...object.metadata, resourceVersion: stored.revision.toString() };
  return new WrittenEntry(
    stored.key,
    stored.revision,
    { ...object, metadata } as KubeObject,
    stored.bytes,
  );
}

/**
 * Puts the resourceVersion first into metadata. Stored objects begin with kind, apiVersion and metadata
 * in that order, so the place is found in the first bytes. Revision 0 stands for an object that was not
 * written (a dry run): it has none.
 */
function withResourceVersion(bytes: Buffer, revision: Revision): Buffer {
  if (revision === 0n) return bytes;
  const at = bytes.indexOf(METADATA) + METADATA.length;
  const version = `"resourceVersion":"${revision}",`;
  const json = Buffer.allocUnsafe(bytes.length + version.length);
  bytes.copy(json, 0, 0, at);
  json.write(version, at, "latin1");
  bytes.copy(json, at + version.length, at);
  return json;
}
