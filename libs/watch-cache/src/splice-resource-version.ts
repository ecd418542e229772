import { parseJson, stringifyJson } from "@kubets/api";

const metadata = Buffer.from('"metadata":{');
const openBrace = 0x7b;
const closeBrace = 0x7d;
/** kind and apiVersion stand before metadata; both are short and hold no quotes. */
const prefixBytesMax = 1024;

/**
 * The JSON of a stored object with its resourceVersion as the first field of metadata. Stored objects begin
 * with kind, apiVersion and metadata, so the place is found in the first bytes; anything else is parsed.
 */
export function spliceResourceVersion(bytes: Buffer, revision: bigint): Buffer {
  const at = bytes.subarray(0, prefixBytesMax).indexOf(metadata);
  if (at < 0 || !isTopLevel(bytes, at)) return parsed(bytes, revision);
  const start = at + metadata.length;
  const isEmpty = bytes[start] === closeBrace;
  const version = `"resourceVersion":"${revision}"${isEmpty ? "" : ","}`;
  const json = Buffer.allocUnsafe(bytes.length + version.length);
  json.set(bytes.subarray(0, start), 0);
  json.write(version, start, "latin1");
  json.set(bytes.subarray(start), start + version.length);
  return json;
}

/** Only the object's own brace stands before its metadata. */
function isTopLevel(bytes: Buffer, end: number): boolean {
  if (bytes[0] !== openBrace) return false;
  return bytes.subarray(1, end).indexOf(openBrace) < 0;
}

function parsed(bytes: Buffer, revision: bigint): Buffer {
  const value = parseJson(bytes);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError("a stored object is not a JSON object");
  }
  const { metadata: old } = value;
  const fields = typeof old === "object" && old !== null && !Array.isArray(old) ? old : {};
  const withVersion = { ...value, metadata: { ...fields, resourceVersion: String(revision) } };
  return Buffer.from(stringifyJson(withVersion));
}
