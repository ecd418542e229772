import {
  apiVersionOf,
  badRequest,
  type JsonValue,
  type KubeObject,
  parseApiVersion,
  schemas,
  unsupportedMediaType,
} from "@kubets/api";
import { applyJsonPatch, applyMergePatch, applyStrategicMergePatch } from "@kubets/patch";

/** The object with the patch applied; the input is left as it is. */
export function patchObject<T extends KubeObject>(
  object: T,
  patch: { readonly type: string; readonly body: unknown },
): T {
  const document = structuredClone(object) as unknown as JsonValue;
  // What travels is JSON: undefined members are not there, and nothing is shared.
  const body = JSON.parse(JSON.stringify(patch.body)) as JsonValue;
  return applied(object, document, body, patch.type) as unknown as T;
}

function applied(
  object: KubeObject,
  document: JsonValue,
  body: JsonValue,
  type: string,
): JsonValue {
  switch (type) {
    case "application/json-patch+json":
      return applyJsonPatch(document, body);
    case "application/merge-patch+json":
      return applyMergePatch(document, body);
    case "application/strategic-merge-patch+json": {
      const gv = parseApiVersion(object.apiVersion);
      const schema = gv === undefined ? undefined : schemas.kind(gv.group, gv.version, object.kind);
      if (gv === undefined || schema === undefined) {
        throw badRequest(
          `no schema of ${object.kind} in ${gv === undefined ? "" : apiVersionOf(gv)}`,
        );
      }
      return applyStrategicMergePatch(document, body, schema);
    }
    default:
      throw unsupportedMediaType(`the in-memory model does not take ${type}`);
  }
}
