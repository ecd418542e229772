/**
 * The newest version of each object that this process has written itself: until an informer shows it, decisions made
 * on the informer's older version would be made twice.
 *
 * Upstream: pkg/controller/util/consistency @1.36
 */
import type { KubeObject } from "@kubets/api";
import { objectKey } from "@kubets/client";

export class OwnWrites {
  readonly #written = new Map<string, { readonly uid: string; readonly version: bigint }>();

  wrote(object: KubeObject): void {
    const version = versionOf(object);
    if (version === undefined) return;
    this.#written.set(objectKey(object), { uid: object.metadata.uid ?? "", version });
  }
  /** The object as the informer has it is older than what was written. */
  isBehind(object: KubeObject): boolean {
    const key = objectKey(object);
    const written = this.#written.get(key);
    if (written === undefined) return false;
    const version = versionOf(object);
    const isKnown = version === undefined || version >= written.version;
    if (isKnown || written.uid !== object.metadata.uid) {
      this.#written.delete(key);
      return false;
    }
    return true;
  }
  forget(key: string): void {
    this.#written.delete(key);
  }
}

/** Versions of one resource can be compared: they are revisions of the store. */
function versionOf({ metadata }: KubeObject): bigint | undefined {
  const text = metadata.resourceVersion ?? "";
  return /^\d{1,20}$/.test(text) ? BigInt(text) : undefined;
}
