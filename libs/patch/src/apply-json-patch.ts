/**
 * JSON patch (RFC 6902) with the server's limits.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go applyJSPatch; evanphx/json-patch v4
 */
import { type JsonObject, type JsonValue, requestEntityTooLarge } from "@kubets/api";
import { cloneJson, isJsonObject } from "@kubets/schema";
import { applyOperation } from "./json-patch-operations.ts";
import { malformedPatch, unprocessablePatch } from "./patch-error.ts";

const OPERATIONS_MAX = 10_000;
/** What all copy operations of one patch may add together. Upstream: Config.JSONPatchMaxCopyBytes. */
const COPY_BYTES_MAX = 3 * 1024 * 1024;

/**
 * The patched document, which shares nothing with either argument. Throws StatusError: 400 for what is no
 * patch, 413 for too many operations, 422 for one that does not apply.
 */
export function applyJsonPatch(document: JsonValue, patch: JsonValue): JsonValue {
  const operations = operationsOf(patch);
  let result = cloneJson(document);
  let copiedBytes = 0;
  for (const operation of operations) {
    result = applyOperation(result, operation, (bytes) => {
      copiedBytes += bytes;
      if (copiedBytes > COPY_BYTES_MAX) throw unprocessablePatch("copies grow too large");
    });
  }
  return result;
}

function operationsOf(patch: JsonValue): JsonObject[] {
  if (!Array.isArray(patch)) {
    const what = patch === null ? "null" : typeof patch === "boolean" ? "bool" : typeof patch;
    throw malformedPatch(
      `error decoding patch: json: cannot unmarshal ${what} into Go value of type []handlers.jsonPatchOp`,
    );
  }
  if (patch.length > OPERATIONS_MAX) {
    throw requestEntityTooLarge(
      `The allowed maximum operations in a JSON patch is ${OPERATIONS_MAX}, got ${patch.length}`,
    );
  }
  return patch.map((operation) => {
    if (!isJsonObject(operation)) {
      throw malformedPatch(
        "json: cannot unmarshal value into Go value of type jsonpatch.Operation",
      );
    }
    return cloneJson(operation);
  });
}
