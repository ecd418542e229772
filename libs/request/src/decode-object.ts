/**
 * From a request's body to the object that the registry takes: parsed, of the expected kind, checked field
 * by field, with defaults. Works on bytes of any of the three forms.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/create.go createHandler and rest.go
 * transformDecodeError @1.36
 */
import {
  apiVersionOf,
  badRequest,
  decodeProtobuf,
  type GroupVersionKind,
  isStatusError,
  type JsonObject,
  type JsonValue,
  type KubeObject,
  parseApiVersion,
  parseJson,
  parseYaml,
  schemas,
} from "@kubets/api";
import { applyDefaults, decodeStrict, findDuplicateFields } from "@kubets/schema";
import {
  bareMediaType,
  bodyTypes,
  JSON_TYPE,
  PROTOBUF_TYPE,
  refuseBodyType,
  YAML_TYPE,
} from "./media-types.ts";

export interface BodyOfObject {
  readonly bytes: Buffer;
  readonly contentType: string;
  readonly expected: GroupVersionKind;
  /** "", "Ignore", "Warn" or "Strict". */
  readonly fieldValidation: string;
  warn(text: string): void;
}

/** A draft that belongs to the caller. */
export function decodeObject(body: BodyOfObject): KubeObject {
  const { expected } = body;
  const mediaType = body.contentType === "" ? JSON_TYPE : bareMediaType(body.contentType);
  if (mediaType === PROTOBUF_TYPE) return decodeProtobufObject(body);
  const value = parseText(body, mediaType);
  const found = kindOf(value, body);
  checkKind(found, expected);
  const duplicates =
    mediaType === JSON_TYPE && body.fieldValidation !== "Ignore" ? duplicateFields(body) : none;
  return decodeValue(value, body, duplicates);
}

const none: readonly string[] = [];

/** JSON.parse keeps the last of two equal keys and says nothing. */
function duplicateFields({ bytes, expected }: BodyOfObject): readonly string[] {
  const type = schemas.kind(expected.group, expected.version, expected.kind);
  return findDuplicateFields(bytes.toString("utf8"), type);
}

/** The typed object of a value whose kind is known to be right. Takes the value over. */
export function decodeValue(
  value: JsonValue,
  target: Pick<BodyOfObject, "expected" | "fieldValidation" | "warn">,
  duplicates: readonly string[] = none,
): KubeObject {
  const { expected } = target;
  const type = schemas.kind(expected.group, expected.version, expected.kind);
  if (type === undefined) throw unregistered(expected, expected);
  const { object, problems: unknown } = decodeStrict(type, value);
  const problems = duplicates.length === 0 ? unknown : [...duplicates, ...unknown];
  if (problems.length > 0) {
    if (target.fieldValidation === "Strict") {
      throw badRequest(cannotBeHandled(expected, expected, strictError(problems)));
    }
    if (target.fieldValidation !== "Ignore") {
      for (const problem of problems) target.warn(problem);
    }
  }
  return complete(object, expected);
}

export function strictError(problems: readonly string[]): string {
  return `strict decoding error: ${problems.join(", ")}`;
}

function decodeProtobufObject(body: BodyOfObject): KubeObject {
  const { expected, bytes } = body;
  let decoded: ReturnType<typeof decodeProtobuf>;
  try {
    decoded = decodeProtobuf(bytes);
  } catch (error) {
    throw unrecognized(expected, error, bytes);
  }
  const gv = parseApiVersion(decoded.apiVersion || apiVersionOf(expected));
  if (gv === undefined) throw unrecognized(expected, new Error("no version"), bytes);
  checkKind({ ...gv, kind: decoded.kind || expected.kind }, expected);
  // Go's form of the object has the zero values that protobuf leaves out; the decoder writes them.
  return decodeValue(decoded.object as unknown as JsonValue, {
    ...body,
    fieldValidation: "Ignore",
  });
}

function parseText(body: BodyOfObject, mediaType: string): JsonValue {
  const { bytes, expected } = body;
  try {
    if (mediaType === JSON_TYPE) return parseJson(bytes);
    if (mediaType === YAML_TYPE) return parseYaml(bytes.toString("utf8"));
  } catch (error) {
    throw unrecognized(expected, error, bytes, "couldn't get version/kind; json parse error: ");
  }
  throw refuseBodyType(bodyTypes);
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const versionAndKind =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

function kindOf(value: JsonValue, body: BodyOfObject): GroupVersionKind {
  const { expected, bytes } = body;
  if (!isObject(value)) {
    const type = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
    throw unrecognized(
      expected,
      new Error(`json: cannot unmarshal ${type} into Go value of type ${versionAndKind}`),
      bytes,
      "couldn't get version/kind; json parse error: ",
    );
  }
  const { apiVersion = null, kind = null } = value;
  const wrong = [
    ["apiVersion", "APIVersion", apiVersion],
    ["kind", "Kind", kind],
  ].find(([, , given]) => given !== null && typeof given !== "string");
  if (wrong !== undefined) {
    const [json, , given] = wrong;
    const type = Array.isArray(given)
      ? "array"
      : typeof given === "boolean"
        ? "bool"
        : typeof given;
    throw unrecognized(
      expected,
      new Error(
        `json: cannot unmarshal ${type} into Go struct field .${String(json)} of type string`,
      ),
      bytes,
      "couldn't get version/kind; json parse error: ",
    );
  }
  const givenVersion = typeof apiVersion === "string" && apiVersion !== "" ? apiVersion : undefined;
  const givenKind = typeof kind === "string" && kind !== "" ? kind : expected.kind;
  if (givenVersion === undefined) return { ...expected, kind: givenKind };
  const gv = parseApiVersion(givenVersion);
  if (gv === undefined) {
    const error = new Error(`unexpected GroupVersion string: ${givenVersion}`);
    throw unrecognized(expected, error, bytes, "couldn't get version/kind; json parse error: ");
  }
  return { ...gv, kind: givenKind };
}

function checkKind(found: GroupVersionKind, expected: GroupVersionKind): void {
  if (found.kind === expected.kind) {
    if (found.group === expected.group && found.version === expected.version) return;
    if (schemas.kind(found.group, found.version, found.kind) !== undefined) {
      throw badRequest(
        `the API version in the data (${apiVersionOf(found)}) does not match the expected API version (${apiVersionOf(expected)})`,
      );
    }
  }
  if (schemas.kind(found.group, found.version, found.kind) === undefined) {
    throw unregistered(found, expected);
  }
  throw badRequest(
    cannotBeHandled(
      found,
      expected,
      `converting (${goPackage(found)}.${found.kind}) to (${internalPackage(expected)}.${expected.kind}): unknown conversion`,
    ),
  );
}

/** The scheme is named by the place where upstream builds it. */
function unregistered(found: GroupVersionKind, expected: GroupVersionKind): Error {
  const version = JSON.stringify(apiVersionOf(found));
  return badRequest(
    cannotBeHandled(
      found,
      expected,
      `no kind ${JSON.stringify(found.kind)} is registered for version ${version} in scheme "pkg/api/legacyscheme/scheme.go:30"`,
    ),
  );
}

function cannotBeHandled(found: GroupVersionKind, expected: GroupVersionKind, why: string): string {
  return `${found.kind} in version ${JSON.stringify(found.version)} cannot be handled as a ${expected.kind}: ${why}`;
}

function goPackage({ version }: GroupVersionKind): string {
  return version;
}

function internalPackage({ group }: GroupVersionKind): string {
  if (group === "") return "core";
  return group.split(".")[0] ?? group;
}

/** A refusal that the parser already worded for the client passes through. */
function unrecognized(
  expected: GroupVersionKind,
  error: unknown,
  bytes: Buffer,
  prefix = "",
): Error {
  if (isStatusError(error) && error.reason !== "BadRequest") return error;
  const why = error instanceof Error ? error.message : String(error);
  return badRequest(
    `the object provided is unrecognized (must be of type ${expected.kind}): ${prefix}${why} (${summary(bytes)})`,
  );
}

const summaryLengthMax = 30;

function summary(bytes: Buffer): string {
  if (bytes.length === 0) return "<empty>";
  const head = bytes.subarray(0, summaryLengthMax);
  const text = bytes[0] === 0x7b ? head.toString("utf8") : head.toString("hex");
  return bytes.length > summaryLengthMax ? `${text} ...` : text;
}

function complete(object: JsonObject, expected: GroupVersionKind): KubeObject {
  object.apiVersion = apiVersionOf(expected);
  object.kind = expected.kind;
  if (object.metadata === undefined || object.metadata === null) object.metadata = {};
  const draft = object as unknown as KubeObject;
  applyDefaults(draft);
  return draft;
}
