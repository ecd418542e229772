import type { JsonObject, JsonValue } from "@kubets/api";
import { type Dialect, reference } from "./dialect.ts";
import { PATCH } from "./special-definitions.ts";

const BODY_TYPES = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
const WATCH_TYPES = [
  "application/json;stream=watch",
  "application/vnd.kubernetes.protobuf;stream=watch",
];
const PATCH_TYPES = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
];

export interface OperationParts {
  readonly action: string;
  readonly description: string;
  readonly operationId: string;
  readonly tag: string;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly parameters: readonly JsonObject[];
  /** OpenAPI name of the request's body. */
  readonly body?: { readonly name: string; readonly required: boolean } | "patch";
  /** OpenAPI name of the answer's body; "string" for text. */
  readonly answer: string;
  readonly codes: readonly number[];
  readonly watches?: boolean;
}

const CODES: Readonly<Record<number, string>> = { 200: "OK", 201: "Created", 202: "Accepted" };

function answerSchema(dialect: Dialect, name: string): JsonObject {
  return name === "string" ? { type: "string" } : reference(dialect, name);
}

function content(types: readonly string[], schema: JsonObject): JsonObject {
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}

function vendor(parts: OperationParts): JsonObject {
  const { group, version, kind } = parts.kind;
  return {
    "x-kubernetes-action": parts.action,
    "x-kubernetes-group-version-kind": { group, kind, version },
  };
}

function bodyTypes(parts: OperationParts): readonly string[] {
  return parts.body === "patch" ? PATCH_TYPES : BODY_TYPES;
}

function answerTypes(parts: OperationParts): readonly string[] {
  if (parts.answer === "string") return ["*/*"];
  return parts.watches ? [...BODY_TYPES, ...WATCH_TYPES] : BODY_TYPES;
}

function operationV2(parts: OperationParts): JsonObject {
  const parameters: JsonValue[] = [...parts.parameters];
  if (parts.body !== undefined) {
    const name = parts.body === "patch" ? PATCH : parts.body.name;
    parameters.unshift({
      name: "body",
      in: "body",
      ...(parts.body === "patch" || parts.body.required ? { required: true } : undefined),
      schema: reference("v2", name),
    });
  }
  const responses: JsonObject = {};
  for (const code of parts.codes) {
    responses[String(code)] = {
      description: CODES[code] ?? "",
      schema: answerSchema("v2", parts.answer),
    };
  }
  responses["401"] = { description: "Unauthorized" };
  return {
    consumes: [...(parts.body === undefined ? ["*/*"] : bodyTypes(parts))],
    description: parts.description,
    operationId: parts.operationId,
    ...(parameters.length === 0 ? undefined : { parameters }),
    produces: [...answerTypes(parts)],
    responses,
    schemes: ["https"],
    tags: [parts.tag],
    ...vendor(parts),
  };
}

function operationV3(parts: OperationParts): JsonObject {
  const responses: JsonObject = {};
  for (const code of parts.codes) {
    responses[String(code)] = {
      description: CODES[code] ?? "",
      content: content(answerTypes(parts), answerSchema("v3", parts.answer)),
    };
  }
  responses["401"] = { description: "Unauthorized" };
  const body = parts.body;
  return {
    description: parts.description,
    operationId: parts.operationId,
    ...(parts.parameters.length === 0 ? undefined : { parameters: [...parts.parameters] }),
    ...(body === undefined
      ? undefined
      : {
          requestBody: {
            ...(body === "patch" || body.required ? { required: true } : undefined),
            content: content(
              body === "patch" ? PATCH_TYPES : ["*/*"],
              reference("v3", body === "patch" ? PATCH : body.name),
            ),
          },
        }),
    responses,
    tags: [parts.tag],
    ...vendor(parts),
  };
}

export function operation(dialect: Dialect, parts: OperationParts): JsonObject {
  return dialect === "v2" ? operationV2(parts) : operationV3(parts);
}
