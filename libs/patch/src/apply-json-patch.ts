/**
 * JSON patch (RFC 6902) with the server's limits.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go applyJSPatch; evanphx/json-patch v4
 */
import { type JsonObject, type JsonValue, requestEntityTooLarge, stringifyJson } from "@kubets/api";
import { cloneJson, isJsonObject } from "@kubets/schema";
import fastJsonPatch from "fast-json-patch";
import { malformedPatch, unprocessablePatch } from "./patch-error.ts";

const OPERATIONS_MAX = 10_000;
/** What all copy operations of one patch may add together. Upstream: Config.JSONPatchMaxCopyBytes. */
const COPY_BYTES_MAX = 3 * 1024 * 1024;
const KINDS: ReadonlySet<unknown> = new Set(["add", "remove", "replace", "move", "copy", "test"]);
const { applyOperation, getValueByPointer, JsonPatchError } = fastJsonPatch;

/**
 * The patched document, which shares nothing with either argument. Throws StatusError: 400 for what is no
 * patch, 413 for too many operations, 422 for one that does not apply.
 */
export function applyJsonPatch(document: JsonValue, patch: JsonValue): JsonValue {
  const operations = operationsOf(patch);
  let result = cloneJson(document);
  let copiedBytes = 0;
  for (const operation of operations) {
    const { op, path } = operation;
    if (!KINDS.has(op) || typeof path !== "string" || !path.startsWith("/")) {
      throw unprocessablePatch(`unexpected operation ${stringifyJson(operation)}`);
    }
    try {
      if (op === "copy") {
        copiedBytes += sizeAt(result, operation.from);
        if (copiedBytes > COPY_BYTES_MAX) throw unprocessablePatch("copies grow too large");
      }
      // Checked before anything is touched; keys that would reach a prototype are refused.
      const checked = operation as unknown as Parameters<typeof applyOperation>[1];
      result = applyOperation(result, checked, true, true, true).newDocument as JsonValue;
    } catch (error) {
      if (error instanceof JsonPatchError || error instanceof TypeError)
        throw unprocessablePatch(error);
      throw error;
    }
  }
  return result;
}

function operationsOf(patch: JsonValue): JsonObject[] {
  if (!Array.isArray(patch)) {
    const what = patch === null ? "null" : typeof patch === "boolean" ? "bool" : typeof patch;
    throw malformedPatch(`json: cannot unmarshal ${what} into Go value of type jsonpatch.Patch`);
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

function sizeAt(document: JsonValue, from: JsonValue | undefined): number {
  if (typeof from !== "string") throw unprocessablePatch("copy without from");
  const value: unknown = getValueByPointer(document, from);
  return value === undefined ? 0 : Buffer.byteLength(stringifyJson(value as JsonValue));
}
