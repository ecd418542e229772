import type { KubeObject } from "@kubets/api";
import type { ObjectKey } from "@kubets/storage";

/** Where the mark of a state stands: every write has another one. */
const annotation = "testing/content";

/** A small object as a client would store it. */
export function objectBytes(key: ObjectKey, content: string, padding = ""): Buffer {
  return Buffer.from(
    JSON.stringify({
      kind: "ConfigMap",
      apiVersion: "v1",
      metadata: {
        name: key.name,
        namespace: key.namespace,
        annotations: { [annotation]: content },
      },
      ...(padding === "" ? {} : { data: { padding } }),
    }),
  );
}

export function contentOf(object: KubeObject): string {
  return object.metadata.annotations?.[annotation] ?? "";
}

/** The same from bytes, without parsing what is around it. */
export function contentOfBytes(bytes: Buffer): string {
  const start = bytes.indexOf(`"${annotation}":"`);
  if (start < 0) return "";
  const from = start + annotation.length + 4;
  return bytes.toString("utf8", from, bytes.indexOf('"', from));
}

export function keyName({ resource, namespace, name }: ObjectKey): string {
  return `${resource}/${namespace}/${name}`;
}
