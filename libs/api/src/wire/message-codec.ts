import type { JsonObject, JsonValue } from "../object.ts";
import { type PackedField, packageOf, packedType } from "../packed-type.ts";
import type { ProtoReader } from "./proto-reader.ts";
import type { ProtoWriter } from "./proto-writer.ts";
import { MESSAGE_DEPTH_MAX, type ValueCodec } from "./value-codec.ts";
import { UNEXPECTED_END, WireError } from "./wire-error.ts";

/** One protobuf field of a message and its place in the JSON form. */
export interface FieldCodec {
  readonly number: number;
  read(reader: ProtoReader, target: JsonObject, wireType: number, depth: number): void;
  write(writer: ProtoWriter, object: JsonObject): void;
  /** What Go writes into JSON where the field was not on the wire. */
  fill?(target: JsonObject): void;
}

/** Makes the codec of one field; `owner` is the package of its message. */
export type FieldCompiler = (owner: string, row: PackedField) => FieldCodec;

const EMPTY: JsonObject = Object.freeze({});

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Reads and writes one message type, compiled from its schema on first use. The JSON form follows Go: plain
 * fields without omitempty are always there, plain structs too, and zeros with omitempty are left out.
 */
export class MessageCodec implements ValueCodec {
  readonly wireType = 2;
  readonly go = "struct";
  readonly name: string;
  private readonly compileField: FieldCompiler;
  private byNumber: (FieldCodec | undefined)[] | undefined;
  private fields: readonly FieldCodec[] = [];
  private filling: readonly FieldCodec[] = [];

  constructor(compileField: FieldCompiler, name: string) {
    this.compileField = compileField;
    this.name = name;
  }

  private compile(): (FieldCodec | undefined)[] {
    const packed = packedType(this.name);
    if (packed === undefined || packed.jsonOnly) {
      throw new WireError(`${this.name} has no protobuf form`);
    }
    const owner = packageOf(this.name);
    const fields = packed.fields
      .map((row) => this.compileField(owner, row))
      .sort((a, b) => a.number - b.number);
    const byNumber: (FieldCodec | undefined)[] = [];
    for (const field of fields) byNumber[field.number] = field;
    this.fields = fields;
    this.filling = fields.filter((field) => field.fill !== undefined);
    this.byNumber = byNumber;
    return byNumber;
  }

  /** Reads fields up to the reader's end. */
  readFields(reader: ProtoReader, target: JsonObject, depth: number): void {
    const byNumber = this.byNumber ?? this.compile();
    while (reader.position < reader.end) {
      const tag = reader.tag();
      const field = byNumber[tag >>> 3];
      if (field === undefined) reader.skip(tag & 7);
      else field.read(reader, target, tag & 7, depth);
    }
    this.fill(target);
  }

  fill(target: JsonObject): void {
    if (this.byNumber === undefined) this.compile();
    for (const field of this.filling) field.fill?.(target);
  }

  /** Reads length and content. */
  readInto(reader: ProtoReader, target: JsonObject, depth: number): void {
    if (depth > MESSAGE_DEPTH_MAX) throw new WireError("exceeded max depth");
    const end = reader.delimited();
    const outer = reader.end;
    reader.end = end;
    this.readFields(reader, target, depth);
    if (reader.position !== end) throw new WireError(UNEXPECTED_END);
    reader.end = outer;
  }

  read(reader: ProtoReader, depth: number): JsonValue {
    const target: JsonObject = {};
    this.readInto(reader, target, depth);
    return target;
  }

  writeFields(writer: ProtoWriter, object: JsonObject): void {
    if (this.byNumber === undefined) this.compile();
    const { fields } = this;
    for (let i = fields.length - 1; i >= 0; i--) fields[i]?.write(writer, object);
  }

  write(writer: ProtoWriter, value: JsonValue): void {
    const mark = writer.written;
    this.writeFields(writer, isObject(value) ? value : EMPTY);
    writer.unsigned(writer.written - mark);
  }

  zero(): JsonValue {
    const target: JsonObject = {};
    this.fill(target);
    return target;
  }

  isZero(): boolean {
    return false;
  }
}
