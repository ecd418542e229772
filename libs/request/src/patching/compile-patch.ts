/**
 * The four patch types over the library's functions: body to value once, then a function from the stored
 * object to a fresh draft.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go jsonPatcher, smpPatcher,
 * applyPatcher @1.36
 */
import {
  apiVersionOf,
  badRequest,
  type GroupVersionKind,
  invalid,
  isStatusError,
  type JsonObject,
  type JsonValue,
  type KubeObject,
  parseJson,
  parseYaml,
  requestEntityTooLarge,
  schemas,
  type TypeSchema,
  unsupportedMediaType,
} from "@kubets/api";
import {
  applyJsonPatch,
  applyMergePatch,
  applyServerSide,
  applyStrategicMergePatch,
  goMapText,
} from "@kubets/patch";
import { applyDefaults, cloneJson, decodeStrict } from "@kubets/schema";
import type { Clock } from "@kubets/service";
import { strictError } from "../decode-object.ts";
import type { patchTypes } from "../media-types.ts";
import { managerFrom, type RequestOptions } from "../request-options.ts";

export interface PatchInput {
  readonly patchType: (typeof patchTypes)[number];
  readonly bytes: Buffer;
  readonly kind: GroupVersionKind;
  readonly subresource: string;
  readonly options: RequestOptions;
  readonly clock: Clock;
  warn(text: string): void;
}

/** Gives a draft that shares nothing with `current`. */
export type PatchMechanism = (current: KubeObject | undefined) => KubeObject;

const operationsMax = 10_000;

export function compilePatch(input: PatchInput): PatchMechanism {
  const type = typeOf(input.kind);
  switch (input.patchType) {
    case "application/json-patch+json": {
      const patch = parsePatch(input.bytes);
      if (Array.isArray(patch) && patch.length > operationsMax) {
        throw requestEntityTooLarge(
          `The allowed maximum operations in a JSON patch is ${operationsMax}, got ${patch.length}`,
        );
      }
      return changed(input, type, (document) => applyJsonPatch(document, patch));
    }
    case "application/merge-patch+json": {
      const patch = parsePatch(input.bytes);
      return changed(input, type, (document) => applyMergePatch(document, patch));
    }
    case "application/strategic-merge-patch+json": {
      // Nothing to merge is nothing to change.
      const patch = parsePatch(input.bytes) ?? {};
      return changed(
        input,
        type,
        (document) => applyStrategicMergePatch(document, patch, type),
        () => goMapText(patch),
      );
    }
    case "application/apply-patch+yaml":
      return applied(input, type);
  }
}

function typeOf(kind: GroupVersionKind): TypeSchema {
  const type = schemas.kind(kind.group, kind.version, kind.kind);
  if (type === undefined) {
    throw unsupportedMediaType(`patches of ${kind.kind} need a schema, and there is none`);
  }
  return type;
}

function parsePatch(bytes: Buffer): JsonValue {
  try {
    return parseJson(bytes);
  } catch (error) {
    if (isStatusError(error)) throw error;
    throw badRequest(`error decoding patch: ${error instanceof Error ? error.message : error}`);
  }
}

/** `shown` is the value that a refusal repeats; by default the patched object. */
function changed(
  input: PatchInput,
  type: TypeSchema,
  apply: (document: JsonValue) => JsonValue,
  shown?: () => string,
): PatchMechanism {
  return (current) => {
    const patched = apply(current as unknown as JsonValue);
    const show = shown ?? (() => JSON.stringify(patched));
    return decodePatched(input, type, cloneJson(patched), show);
  };
}

function decodePatched(
  input: PatchInput,
  type: TypeSchema,
  value: JsonValue,
  show: () => string,
): KubeObject {
  const refuse = (why: string): Error =>
    invalid({ group: "", kind: "" }, "", [
      {
        reason: "FieldValueInvalid",
        message: `Invalid value: ${JSON.stringify(show())}: ${why}`,
        field: "patch",
      },
    ]);
  const other =
    input.patchType === "application/strategic-merge-patch+json"
      ? undefined
      : otherKind(value, input.kind);
  if (other !== undefined) throw refuse(other);
  let decoded: ReturnType<typeof decodeStrict>;
  try {
    decoded = decodeStrict(type, value);
  } catch (error) {
    if (!isStatusError(error, "BadRequest")) throw error;
    throw refuse(withoutKind(error.message));
  }
  const { object, problems } = decoded;
  if (problems.length > 0) {
    const { fieldValidation } = input.options;
    if (fieldValidation === "Strict") throw refuse(strictError(problems));
    if (fieldValidation !== "Ignore") for (const problem of problems) input.warn(problem);
  }
  return finish(object, input.kind);
}

/** A patch may not make an object one of another kind. */
function otherKind(value: JsonValue, expected: GroupVersionKind): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const { apiVersion, kind } = value;
  if (typeof apiVersion !== "string" || typeof kind !== "string") return undefined;
  if (apiVersion === apiVersionOf(expected) && kind === expected.kind) return undefined;
  return `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/api/legacyscheme/scheme.go:30"`;
}

/** Type errors of bodies name the kind first; those of patches do not. */
function withoutKind(message: string): string {
  return message.replace(/^\S+ in version "[^"]*" cannot be handled as an? \S+: /, "");
}

function finish(object: JsonObject, kind: GroupVersionKind): KubeObject {
  object.apiVersion = apiVersionOf(kind);
  object.kind = kind.kind;
  if (object.metadata === undefined || object.metadata === null) object.metadata = {};
  const draft = object as unknown as KubeObject;
  applyDefaults(draft);
  return draft;
}

function applied(input: PatchInput, type: TypeSchema): PatchMechanism {
  const { kind, options, subresource, clock } = input;
  const configuration = parseConfiguration(input.bytes);
  return (current) =>
    applyServerSide({
      live: current,
      applied: cloneJson(configuration),
      manager: managerFrom(options.fieldManager, ""),
      force: options.force ?? false,
      apiVersion: apiVersionOf(kind),
      subresource,
      nowMs: clock.now(),
      type,
    });
}

function parseConfiguration(bytes: Buffer): JsonObject {
  let value: JsonValue;
  try {
    value = bytes[0] === OPENING_BRACE ? parseJson(bytes) : parseYaml(bytes.toString("utf8"));
  } catch (error) {
    if (isStatusError(error)) throw error;
    throw badRequest(`error decoding YAML: ${error instanceof Error ? error.message : error}`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  const type = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
  throw badRequest(
    `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${type} into Go value of type map[string]interface {}`,
  );
}

const OPENING_BRACE = 0x7b;
