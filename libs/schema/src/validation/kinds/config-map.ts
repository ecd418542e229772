/** Upstream: pkg/apis/core/validation/validation.go ValidateConfigMap, ValidateSecret @1.36 */
import type { JsonObject } from "@kubets/api";
import { isZero, objectAt, textAt } from "../../json-fields.ts";
import { configMapKey } from "../formats.ts";
import type { KindRules } from "../kind-rules.ts";
import { validateObjectMeta } from "../object-meta.ts";
import { Path } from "../path.ts";
import type { Problems } from "../problems.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { namespacedSubdomain } from "./meta-rules.ts";

export const DATA_BYTES_MAX = 1024 * 1024;
const WHOLE = Path.of("");
const DATA = Path.of("data");
const BINARY_DATA = Path.of("binaryData");
const IMMUTABLE_SET = "field is immutable when `immutable` is set";

export const configMapRules: KindRules = {
  create: validateData,
  update(object, old, problems) {
    validateImmutableData(object, old, ["data", "binaryData"], problems);
    validateObjectMeta(object, namespacedSubdomain, problems);
    validateData(object, problems);
  },
};

function validateData(object: JsonObject, problems: Problems): void {
  const data = objectAt(object, "data");
  const binaryData = objectAt(object, "binaryData");
  let size = 0;
  for (const key in data) {
    const messages = configMapKey(key);
    if (messages.length > 0) problems.invalidEach(DATA.key(key), key, messages);
    if (binaryData !== undefined && Object.hasOwn(binaryData, key)) {
      problems.invalid(DATA.key(key), key, "duplicate of key present in binaryData");
    }
    size += textBytes(data[key]);
  }
  for (const key in binaryData) {
    problems.invalidEach(BINARY_DATA.key(key), key, configMapKey(key));
    size += decodedBytes(binaryData[key]);
  }
  if (size > DATA_BYTES_MAX) problems.tooLong(WHOLE, DATA_BYTES_MAX);
}

/** Below a third of the limit no text can reach it, so its bytes need not be counted. */
function textBytes(value: unknown): number {
  if (typeof value !== "string") return 0;
  return value.length < 4_096 ? value.length : Buffer.byteLength(value);
}

/** The length of what base64 stands for. */
export function decodedBytes(value: unknown): number {
  if (typeof value !== "string") return 0;
  const padding = value.endsWith("==") ? 2 : value.endsWith("=") ? 1 : 0;
  return (value.length / 4) * 3 - padding;
}

export function validateImmutableData(
  object: JsonObject,
  old: JsonObject,
  fields: readonly string[],
  problems: Problems,
): void {
  if (old.immutable !== true) return;
  if (object.immutable !== true) problems.forbidden(Path.of("immutable"), IMMUTABLE_SET);
  for (const field of fields) {
    if (!semanticEqual(object[field], old[field]))
      problems.forbidden(Path.of(field), IMMUTABLE_SET);
  }
}

export const secretRules: KindRules = {
  create: validateSecret,
  update(object, old, problems) {
    if (object.type !== old.type) problems.immutable(Path.of("type"), object.type);
    validateImmutableData(object, old, ["data"], problems);
    validateObjectMeta(object, namespacedSubdomain, problems);
    validateSecret(object, problems);
  },
};

function validateSecret(secret: JsonObject, problems: Problems): void {
  const data = objectAt(secret, "data");
  let size = 0;
  for (const key in data) {
    problems.invalidEach(DATA.key(key), key, configMapKey(key));
    size += decodedBytes(data[key]);
  }
  if (size > DATA_BYTES_MAX) problems.tooLong(DATA, DATA_BYTES_MAX);
  validateSecretType(secret, data ?? {}, problems);
}

const ACCOUNT_NAME = "kubernetes.io/service-account.name";

function validateSecretType(secret: JsonObject, data: JsonObject, problems: Problems): void {
  const needs = (key: string): void => {
    if (!Object.hasOwn(data, key)) problems.required(DATA.key(key));
  };
  switch (secret.type) {
    case "kubernetes.io/service-account-token": {
      const annotations = objectAt(objectAt(secret, "metadata"), "annotations");
      if (textAt(annotations, ACCOUNT_NAME) === "") {
        problems.required(Path.of("metadata", "annotations").key(ACCOUNT_NAME));
      }
      break;
    }
    case "kubernetes.io/dockercfg":
      validateJsonData(data, ".dockercfg", problems);
      break;
    case "kubernetes.io/dockerconfigjson":
      validateJsonData(data, ".dockerconfigjson", problems);
      break;
    case "kubernetes.io/basic-auth":
      if (!Object.hasOwn(data, "username") && !Object.hasOwn(data, "password")) {
        needs("username");
        needs("password");
      }
      break;
    case "kubernetes.io/ssh-auth":
      if (isZero(data["ssh-privatekey"])) problems.required(DATA.key("ssh-privatekey"));
      break;
    case "kubernetes.io/tls":
      needs("tls.crt");
      needs("tls.key");
      break;
  }
}

/** The value must be there and hold a JSON object. */
function validateJsonData(data: JsonObject, key: string, problems: Problems): void {
  const value = Object.hasOwn(data, key) ? data[key] : undefined;
  if (typeof value !== "string") {
    problems.required(DATA.key(key));
    return;
  }
  const error = jsonObjectError(Buffer.from(value, "base64").toString("utf8"));
  if (error !== undefined) problems.invalid(DATA.key(key), "<secret contents redacted>", error);
}

function jsonObjectError(text: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (parsed === null || (typeof parsed === "object" && !Array.isArray(parsed))) return undefined;
    const what = Array.isArray(parsed)
      ? "array"
      : typeof parsed === "boolean"
        ? "bool"
        : typeof parsed;
    return `json: cannot unmarshal ${what} into Go value of type map[string]interface {}`;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    if (text.trim() === "") return "unexpected end of JSON input";
    return "invalid character in JSON text";
  }
}
