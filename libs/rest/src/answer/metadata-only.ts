/** PartialObjectMetadata: any object without what is particular to its kind. */
import { encodeProtobuf, type JsonValue, type KubeObject, stringifyJson } from "@kubets/api";
import type { Entry } from "@kubets/watch-cache";

type Version = "v1" | "v1beta1";

export function metadataOnly(object: KubeObject, version: Version): KubeObject {
  return {
    kind: "PartialObjectMetadata",
    apiVersion: `meta.k8s.io/${version}`,
    metadata: object.metadata,
  };
}

export function metadataJson(entry: Entry, version: Version): Buffer {
  return entry.form(`metadata-json-${version}`, ({ object }) =>
    Buffer.from(stringifyJson(metadataOnly(object, version) as unknown as JsonValue)),
  );
}

export function metadataProtobuf(entry: Entry, version: Version): Buffer {
  return entry.form(`metadata-protobuf-${version}`, ({ object }) =>
    encodeProtobuf(metadataOnly(object, version)),
  );
}
