/**
 * YAML as Kubernetes reads it: the rules of YAML 1.1 for booleans and octal numbers, but time stamps stay text.
 * Aliases are refused, since a few of them can stand for any amount of data.
 *
 * Upstream: sigs.k8s.io/yaml goyaml.v2 resolve.go
 */
import {
  defineScalarTag,
  dump,
  loadAll,
  mapTag,
  mergeTag,
  NOT_RESOLVED,
  nullYaml11Tag,
  Schema,
  seqTag,
  strTag,
  YAMLException,
} from "js-yaml";
import type { JsonValue } from "./object.ts";

/** The text is no YAML, or more than we read of it. */
export class YamlSyntaxError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "YamlSyntaxError";
  }
}

/** The parser calls itself for each level. */
const DEPTH_MAX = 1_000;

const TRUE = new Set(["y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"]);
const FALSE = new Set(["n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"]);
const INTEGER = /^[-+]?(?:0[xX][0-9a-fA-F]+|0[oO]?[0-7]*|0[bB][01]+|[1-9]\d*)$/;
const FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;
const TIME = /^\d{4}-\d{1,2}-\d{1,2}(?:[Tt\s].*)?$/;
const BASE_60 = /^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?$/;
const INFINITE = /^([-+]?)(?:\.(inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;

const bool = defineScalarTag<boolean>("tag:yaml.org,2002:bool", {
  implicit: true,
  implicitFirstChars: [..."yYnNtTfFoO"],
  resolve: (source) => (TRUE.has(source) ? true : FALSE.has(source) ? false : NOT_RESOLVED),
  identify: (value) => typeof value === "boolean",
});

function readInteger(source: string): number | bigint | undefined {
  const plain = source.replaceAll("_", "");
  if (!INTEGER.test(plain)) return undefined;
  const digits = plain.replace(/^[-+]/, "");
  const octal = /^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits;
  if (octal === "0o") return undefined;
  const magnitude = BigInt(octal);
  const value = plain.startsWith("-") ? -magnitude : magnitude;
  if (value < INT64_MIN || value > UINT64_MAX) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

const integer = defineScalarTag<number | bigint>("tag:yaml.org,2002:int", {
  implicit: true,
  implicitFirstChars: [..."-+0123456789"],
  resolve: (source) => readInteger(source) ?? NOT_RESOLVED,
  identify: (value) =>
    (typeof value === "number" || typeof value === "bigint") && INTEGER.test(String(value)),
});

/** `special` says what becomes of the numbers that JSON cannot hold. */
function floatTag(special: (name: string) => number) {
  return defineScalarTag<number>("tag:yaml.org,2002:float", {
    implicit: true,
    implicitFirstChars: [..."-+.0123456789"],
    resolve(source) {
      const found = INFINITE.exec(source);
      if (found !== null) {
        return special(found[2] === undefined ? "NaN" : `${found[1] === "-" ? "-" : "+"}Inf`);
      }
      const plain = source.replaceAll("_", "");
      if (!FLOAT.test(plain)) return NOT_RESOLVED;
      const value = Number(plain);
      return Number.isFinite(value) ? value : NOT_RESOLVED;
    },
    identify: (value) => typeof value === "number",
  });
}

const readFloat = floatTag((name) => {
  throw new YamlSyntaxError(`json: unsupported value: ${name}`);
});
/** Only asked whether a text would be a number: then it is quoted. */
const writtenFloat = floatTag(Number);

/** Bytes that Go makes a text of. */
const binary = defineScalarTag<string>("tag:yaml.org,2002:binary", {
  resolve: (source) => Buffer.from(source, "base64").toString("utf8"),
  identify: () => false,
});

/** Texts that others read as a time or as a number to the base of 60: quoted, as upstream does. */
const quoted = defineScalarTag<string>("tag:yaml.org,2002:timestamp", {
  implicit: true,
  implicitFirstChars: [..."-+0123456789"],
  resolve: (source) => (TIME.test(source) || BASE_60.test(source) ? source : NOT_RESOLVED),
  identify: () => false,
});

const otherTags = [strTag, seqTag, mapTag, nullYaml11Tag, mergeTag, bool, integer, binary];
const readSchema = new Schema([...otherTags, readFloat]);
const writeSchema = new Schema([...otherTags, writtenFloat, quoted]);

/** The first document; null where there is none. Throws YamlSyntaxError. */
export function parseYaml(text: string): JsonValue {
  try {
    const documents = loadAll(text, {
      schema: readSchema,
      // The last of two equal keys wins, as in JSON.
      json: true,
      maxAliases: 0,
      maxDepth: DEPTH_MAX,
    });
    return (documents[0] ?? null) as JsonValue;
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const line = error.mark === undefined ? "" : `line ${error.mark.line + 1}: `;
    throw new YamlSyntaxError(`yaml: ${line}${error.reason}`);
  }
}

/**
 * As upstream prints it: keys sorted, nothing folded, no anchors. Whatever the rules above would read as something else
 * is quoted.
 */
export function stringifyYaml(value: JsonValue): string {
  return dump(value, { schema: writeSchema, sortKeys: true, lineWidth: -1, noRefs: true });
}
