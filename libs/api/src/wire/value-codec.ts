import type { JsonValue } from "../object.ts";
import type { ProtoReader } from "./proto-reader.ts";
import type { ProtoWriter } from "./proto-writer.ts";
import { WireError } from "./wire-error.ts";

/** How a single value goes between the wire and its JSON form. */
export interface ValueCodec {
  readonly wireType: 0 | 1 | 2;
  /**
   * What it is in Go, which decides when it is left out: omitempty never leaves a struct out, and a nil slice
   * is the only one of these that is not on the wire.
   */
  readonly go: "plain" | "struct" | "slice";
  /** The position is behind the tag. */
  read(reader: ProtoReader, depth: number): JsonValue;
  /** Without the tag; a delimited value with its length. */
  write(writer: ProtoWriter, value: JsonValue): void;
  /** What Go writes into JSON for the zero value. */
  zero(): JsonValue;
  isZero(value: JsonValue): boolean;
}

/** Integers beyond 2^53 stand in objects as bigint, which the JSON types do not name. */
function exactInteger(value: number | bigint): JsonValue {
  return value as JsonValue;
}

function integerOf(value: JsonValue): number | bigint {
  if (typeof value === "number") return value;
  return typeof (value as unknown) === "bigint" ? (value as unknown as bigint) : 0;
}

const text: ValueCodec = {
  wireType: 2,
  go: "plain",
  read: (reader) => reader.string(),
  write: (writer, value) => writer.string(typeof value === "string" ? value : ""),
  zero: () => "",
  isZero: (value) => value === "",
};

const bool: ValueCodec = {
  wireType: 0,
  go: "plain",
  read: (reader) => reader.bool(),
  write: (writer, value) => writer.byte(value === true ? 1 : 0),
  zero: () => false,
  isZero: (value) => value === false,
};

const int32: ValueCodec = {
  wireType: 0,
  go: "plain",
  read: (reader) => reader.int32(),
  write: (writer, value) => writer.integer(integerOf(value)),
  zero: () => 0,
  isZero: (value) => value === 0,
};

const int64: ValueCodec = {
  wireType: 0,
  go: "plain",
  read: (reader) => exactInteger(reader.int64()),
  write: (writer, value) => writer.integer(integerOf(value)),
  zero: () => 0,
  isZero: (value) => value === 0,
};

const double: ValueCodec = {
  wireType: 1,
  go: "plain",
  read: (reader) => reader.double(),
  write: (writer, value) => writer.double(typeof value === "number" ? value : 0),
  zero: () => 0,
  isZero: (value) => value === 0,
};

const bytes: ValueCodec = {
  wireType: 2,
  go: "slice",
  read: (reader) => reader.base64(),
  write: (writer, value) => writer.base64(typeof value === "string" ? value : ""),
  zero: () => null,
  isZero: (value) => value === "" || value === null,
};

const scalars: ReadonlyMap<string, ValueCodec> = new Map([
  ["string", text],
  ["bool", bool],
  ["int32", int32],
  ["int64", int64],
  ["double", double],
  ["bytes", bytes],
]);

export function scalarCodec(name: string): ValueCodec | undefined {
  return scalars.get(name);
}

/** Only schemas of custom resources nest without end. */
export const MESSAGE_DEPTH_MAX = 1_000;

/**
 * Reads a delimited message by handing each field's number and wire type to `field`, which gives false for
 * fields that it does not know.
 */
export function readMessage(
  reader: ProtoReader,
  depth: number,
  field: (number: number, wireType: number) => boolean,
): void {
  if (depth > MESSAGE_DEPTH_MAX) throw new WireError("exceeded max depth");
  const end = reader.delimited();
  const outer = reader.end;
  reader.end = end;
  while (reader.position < end) {
    const tag = reader.tag();
    if (!field(tag >>> 3, tag & 7)) reader.skip(tag & 7);
  }
  reader.end = outer;
}

/** Writes content and then its length in front of it. */
export function writeDelimited(writer: ProtoWriter, content: () => void): void {
  const mark = writer.written;
  content();
  writer.unsigned(writer.written - mark);
}
