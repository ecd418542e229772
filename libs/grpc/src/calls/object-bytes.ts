import { encodeProtobuf, type JsonValue, type KubeObject, stringifyJson } from "@kubets/api";
import { Encoding } from "@kubets/rpc";
import type { Entry } from "@kubets/watch-cache";

export function entryBytes(entry: Entry, encoding: Encoding): Buffer {
  if (encoding !== Encoding.ENCODING_PROTOBUF) return entry.json;
  return entry.form("protobuf", ({ object }) => encodeProtobuf(object));
}

export function objectBytes(object: KubeObject, encoding: Encoding): Buffer {
  if (encoding === Encoding.ENCODING_PROTOBUF) return encodeProtobuf(object);
  return Buffer.from(stringifyJson(object as unknown as JsonValue));
}
