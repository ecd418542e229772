import { type ObjectKey, StorageError, type Write } from "./storage.ts";

/** Upstream: etcd's default --max-request-bytes, 1.5 MiB. */
export const objectBytesMax = 1.5 * 1024 * 1024;
const keyBytesMax = 1024;
const idBytesMax = 256;

/**
 * Refuses, before it can hurt its neighbours in a batch, what no store could take. Texts that are not
 * storable are a mistake of the program (names are validated long before), so they throw a TypeError.
 */
export function checkWrite(write: Write): void {
  const { key } = write;
  if (!isStorableKey(key)) throw new TypeError("a key must be well-formed text without NUL");
  if (!isStorableText(write.requestId) || write.requestId === "") {
    throw new TypeError("a request id must be well-formed, non-empty text without NUL");
  }
  const uid = write.op === "delete" ? "" : write.uid;
  if (!isStorableText(uid)) throw new TypeError("a uid must be well-formed text without NUL");
  const keyBytes =
    Buffer.byteLength(key.group) +
    Buffer.byteLength(key.resource) +
    Buffer.byteLength(key.namespace) +
    Buffer.byteLength(key.name);
  if (keyBytes > keyBytesMax) {
    throw new StorageError(
      "tooLarge",
      `the key has ${keyBytes} bytes, at most ${keyBytesMax} are stored`,
    );
  }
  if (Math.max(Buffer.byteLength(write.requestId), Buffer.byteLength(uid)) > idBytesMax) {
    throw new StorageError("tooLarge", `request ids and uids have at most ${idBytesMax} bytes`);
  }
  if (write.bytes.length > objectBytesMax) {
    throw new StorageError(
      "tooLarge",
      `the object has ${write.bytes.length} bytes, at most ${objectBytesMax} are stored`,
    );
  }
}

/** Whether an object of this key can exist at all. */
export function isStorableKey(key: ObjectKey): boolean {
  return (
    isStorableText(key.group) &&
    isStorableText(key.resource) &&
    isStorableText(key.namespace) &&
    isStorableText(key.name)
  );
}

function isStorableText(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}
