/**
 * The protobuf form of an OpenAPI v2 document (gnostic's openapi.v2.Document), for kubectl. Only what our
 * documents contain is written.
 */
import { type JsonObject, type JsonValue, ProtoWriter } from "@kubets/api";

/** The content type of the answer. */
export const GNOSTIC_MEDIA_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
/** What clients write into Accept: the second is older and no valid media type, so it is never answered. */
export const GNOSTIC_ACCEPTED: readonly string[] = [
  GNOSTIC_MEDIA_TYPE,
  "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
];

type Write = (writer: ProtoWriter) => void;

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

/** The writer goes from the end to the start, so the last field comes first. */
function message(...fields: readonly (Write | undefined)[]): Write {
  return (writer) => {
    for (let i = fields.length - 1; i >= 0; i--) fields[i]?.(writer);
  };
}

function nested(number: number, content: Write): Write {
  return (writer) => {
    const mark = writer.written;
    content(writer);
    writer.header(number, mark);
  };
}

function text(number: number, value: JsonValue | undefined): Write | undefined {
  if (typeof value !== "string" || value === "") return undefined;
  return (writer) => {
    writer.string(value);
    writer.unsigned(number * 8 + 2);
  };
}

function flag(number: number, value: JsonValue | undefined): Write | undefined {
  if (value !== true) return undefined;
  return (writer) => {
    writer.byte(1);
    writer.unsigned(number * 8);
  };
}

function texts(number: number, value: JsonValue | undefined): Write {
  return message(
    ...listOf(value).map((item) => text(number, typeof item === "string" ? item : undefined)),
  );
}

/** Any keeps its value as YAML, of which JSON is a part. */
function any(value: JsonValue): Write {
  return message(text(2, `${JSON.stringify(value)}\n`));
}

function named(number: number, name: string, value: Write): Write {
  return nested(number, message(text(1, name), nested(2, value)));
}

function vendorExtensions(number: number, source: JsonObject): Write {
  return message(
    ...Object.entries(source)
      .filter(([key]) => key.startsWith("x-"))
      .map(([key, value]) => named(number, key, any(value))),
  );
}

function schema(source: JsonObject): Write {
  const { items, additionalProperties, properties, type } = source;
  return message(
    text(1, source.$ref),
    text(2, source.format),
    text(4, source.description),
    source.default === undefined ? undefined : nested(5, any(source.default)),
    flag(16, source.uniqueItems),
    texts(19, source.required),
    message(...listOf(source.enum).map((value) => nested(20, any(value)))),
    isObject(additionalProperties)
      ? nested(21, nested(1, schema(additionalProperties)))
      : undefined,
    typeof type === "string" ? nested(22, message(text(1, type))) : undefined,
    isObject(items) ? nested(23, nested(1, schema(items))) : undefined,
    isObject(properties)
      ? nested(
          25,
          message(
            ...Object.entries(properties).map(([name, value]) =>
              named(1, name, schema(objectOf(value))),
            ),
          ),
        )
      : undefined,
    vendorExtensions(31, source),
  );
}

function bodyParameter(source: JsonObject): Write {
  return message(
    text(1, source.description),
    text(2, source.name),
    text(3, source.in),
    flag(4, source.required),
    nested(5, schema(objectOf(source.schema))),
  );
}

function queryParameter(source: JsonObject): Write {
  return message(
    flag(1, source.required),
    text(2, source.in),
    text(3, source.description),
    text(4, source.name),
    text(6, source.type),
    text(7, source.format),
    flag(20, source.uniqueItems),
  );
}

function pathParameter(source: JsonObject): Write {
  return message(
    flag(1, source.required),
    text(2, source.in),
    text(3, source.description),
    text(4, source.name),
    text(5, source.type),
    text(6, source.format),
    flag(19, source.uniqueItems),
  );
}

/** ParametersItem → Parameter → body or query or path. */
function parameter(number: number, source: JsonObject): Write {
  const form =
    source.in === "body"
      ? nested(1, bodyParameter(source))
      : nested(
          2,
          source.in === "path"
            ? nested(4, pathParameter(source))
            : nested(3, queryParameter(source)),
        );
  return nested(number, nested(1, form));
}

function parameters(number: number, source: JsonObject): Write {
  return message(...listOf(source.parameters).map((one) => parameter(number, objectOf(one))));
}

function responses(source: JsonObject): Write {
  return message(
    ...Object.entries(source).map(([code, value]) => {
      const answer = objectOf(value);
      const body = isObject(answer.schema)
        ? nested(2, nested(1, schema(answer.schema)))
        : undefined;
      return named(1, code, nested(1, message(text(1, answer.description), body)));
    }),
  );
}

function operation(source: JsonObject): Write {
  return message(
    texts(1, source.tags),
    text(3, source.description),
    text(5, source.operationId),
    texts(6, source.produces),
    texts(7, source.consumes),
    parameters(8, source),
    nested(9, responses(objectOf(source.responses))),
    texts(10, source.schemes),
    flag(11, source.deprecated),
    vendorExtensions(13, source),
  );
}

const METHODS: readonly (readonly [method: string, number: number])[] = [
  ["get", 2],
  ["put", 3],
  ["post", 4],
  ["delete", 5],
  ["options", 6],
  ["head", 7],
  ["patch", 8],
];

function pathItem(source: JsonObject): Write {
  return message(
    ...METHODS.map(([method, number]) => {
      const one = source[method];
      return isObject(one) ? nested(number, operation(one)) : undefined;
    }),
    parameters(9, source),
    vendorExtensions(10, source),
  );
}

function securityDefinition(source: JsonObject): Write {
  return nested(
    2,
    message(
      text(1, source.type),
      text(2, source.name),
      text(3, source.in),
      text(4, source.description),
    ),
  );
}

/** Requirements name a definition and its scopes, of which ours have none. */
function security(source: JsonObject): Write {
  return message(...Object.keys(source).map((name) => named(1, name, message())));
}

export function encodeGnostic(document: JsonObject): Buffer {
  const info = objectOf(document.info);
  const writer = new ProtoWriter();
  message(
    text(1, document.swagger),
    nested(2, message(text(1, info.title), text(2, info.version))),
    nested(
      8,
      message(
        ...Object.entries(objectOf(document.paths)).map(([path, item]) =>
          named(2, path, pathItem(objectOf(item))),
        ),
      ),
    ),
    nested(
      9,
      message(
        ...Object.entries(objectOf(document.definitions)).map(([name, value]) =>
          named(1, name, schema(objectOf(value))),
        ),
      ),
    ),
    message(...listOf(document.security).map((one) => nested(12, security(objectOf(one))))),
    nested(
      13,
      message(
        ...Object.entries(objectOf(document.securityDefinitions)).map(([name, value]) =>
          named(1, name, securityDefinition(objectOf(value))),
        ),
      ),
    ),
  )(writer);
  return writer.finish();
}
