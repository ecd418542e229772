import type { JsonObject, JsonValue } from "../object.ts";
import { setOwnKey } from "../own-key.ts";
import {
  FLAG_INLINE,
  FLAG_OMITEMPTY,
  FLAG_OMITZERO,
  FLAG_POINTER,
  type PackedField,
  packageOf,
  packedType,
} from "../packed-type.ts";
import type { SpecialType } from "../type-schema.ts";
import type { ProtoReader } from "./proto-reader.ts";
import type { ProtoWriter } from "./proto-writer.ts";
import { createSpecialCodecs } from "./special-codecs.ts";
import {
  MESSAGE_DEPTH_MAX,
  readMessage,
  scalarCodec,
  type ValueCodec,
  writeDelimited,
} from "./value-codec.ts";
import { UNEXPECTED_END, WireError } from "./wire-error.ts";

/** One protobuf field of a message and its place in the JSON form. */
interface FieldCodec {
  readonly number: number;
  read(reader: ProtoReader, target: JsonObject, wireType: number, depth: number): void;
  write(writer: ProtoWriter, object: JsonObject): void;
  /** What Go writes into JSON where the field was not on the wire. */
  fill?(target: JsonObject): void;
}

const EMPTY: JsonObject = Object.freeze({});

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrongType(wireType: number, json: string): WireError {
  return new WireError(`proto: wrong wireType = ${wireType} for field ${json}`);
}

/**
 * Reads and writes one message type, compiled from its schema on first use. The JSON form follows Go: plain
 * fields without omitempty are always there, plain structs too, and zeros with omitempty are left out.
 */
export class MessageCodec implements ValueCodec {
  readonly wireType = 2;
  readonly go = "struct";
  readonly name: string;
  private readonly codecs: WireCodecs;
  private byNumber: (FieldCodec | undefined)[] | undefined;
  private fields: readonly FieldCodec[] = [];
  private filling: readonly FieldCodec[] = [];

  constructor(codecs: WireCodecs, name: string) {
    this.codecs = codecs;
    this.name = name;
  }

  private compile(): (FieldCodec | undefined)[] {
    const packed = packedType(this.name);
    if (packed === undefined || packed.jsonOnly) {
      throw new WireError(`${this.name} has no protobuf form`);
    }
    const owner = packageOf(this.name);
    const fields = packed.fields
      .map((row) => this.codecs.field(owner, row))
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

/** ExtraValue and Verbs: a message around one list, which is a plain array in JSON. */
function listWrapper(item: ValueCodec): ValueCodec {
  return {
    wireType: 2,
    go: "slice",
    read(reader, depth) {
      const list: JsonValue[] = [];
      readMessage(reader, depth, (number, wireType) => {
        if (number !== 1 || wireType !== 2) return false;
        list.push(item.read(reader, depth + 1));
        return true;
      });
      return list;
    },
    write(writer, value) {
      writeDelimited(writer, () => {
        if (Array.isArray(value)) writeList(writer, item, 10, value);
      });
    },
    zero: () => null,
    isZero: (value) => Array.isArray(value) && value.length === 0,
  };
}

function writeList(
  writer: ProtoWriter,
  item: ValueCodec,
  tag: number,
  list: readonly JsonValue[],
): void {
  for (let i = list.length - 1; i >= 0; i--) {
    item.write(writer, list[i] ?? item.zero());
    writer.unsigned(tag);
  }
}

function singular(number: number, json: string, value: ValueCodec, flags: number): FieldCodec {
  const pointer = (flags & FLAG_POINTER) !== 0;
  const omitempty = (flags & FLAG_OMITEMPTY) !== 0;
  const omitzero = (flags & FLAG_OMITZERO) !== 0;
  const tag = number * 8 + value.wireType;
  const message = value instanceof MessageCodec ? value : undefined;
  const nilable = pointer || value.go === "slice";
  const omitsZero = omitempty && !pointer && value.go !== "struct";
  const fills = pointer ? !omitempty : !omitzero && !omitsZero;
  return {
    number,
    read(reader, target, wireType, depth) {
      if (wireType !== value.wireType) throw wrongType(wireType, json);
      const before = target[json];
      if (message !== undefined && isObject(before)) {
        message.readInto(reader, before, depth + 1);
        return;
      }
      const read = value.read(reader, depth + 1);
      if (omitsZero && value.isZero(read)) return;
      if (read === null && (omitzero || (pointer && omitempty))) return;
      target[json] = read;
    },
    write(writer, object) {
      const own = object[json] ?? null;
      if (own === null && nilable) return;
      value.write(writer, own ?? value.zero());
      writer.unsigned(tag);
    },
    ...(fills
      ? {
          fill(target: JsonObject) {
            if (target[json] === undefined) target[json] = pointer ? null : value.zero();
          },
        }
      : undefined),
  };
}

function repeated(number: number, json: string, item: ValueCodec, omitempty: boolean): FieldCodec {
  const tag = number * 8 + item.wireType;
  return {
    number,
    read(reader, target, wireType, depth) {
      let list = target[json];
      if (!Array.isArray(list)) {
        list = [];
        target[json] = list;
      }
      if (wireType === item.wireType) {
        list.push(item.read(reader, depth + 1));
        return;
      }
      if (wireType !== 2 || item.wireType === 2) throw wrongType(wireType, json);
      const end = reader.delimited();
      while (reader.position < end) list.push(item.read(reader, depth + 1));
      if (reader.position !== end) throw new WireError(UNEXPECTED_END);
    },
    write(writer, object) {
      const list = object[json];
      if (Array.isArray(list)) writeList(writer, item, tag, list);
    },
    ...(omitempty
      ? undefined
      : {
          fill(target: JsonObject) {
            if (target[json] === undefined) target[json] = null;
          },
        }),
  };
}

function isAscii(keys: readonly string[]): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII starts with them
  return keys.every((key) => /^[\x00-\x7f]*$/.test(key));
}

/** Go sorts by bytes, which differs from UTF-16 order beyond the basic plane. */
function sortedKeys(map: JsonObject): string[] {
  const keys = Object.keys(map);
  if (keys.length < 2) return keys;
  if (isAscii(keys)) return keys.sort();
  return keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

function mapField(number: number, json: string, item: ValueCodec, omitempty: boolean): FieldCodec {
  const tag = number * 8 + 2;
  const valueTag = 16 + item.wireType;
  const isBytes = item === scalarCodec("bytes");
  return {
    number,
    read(reader, target, wireType, depth) {
      if (wireType !== 2) throw wrongType(wireType, json);
      let map = target[json];
      if (!isObject(map)) {
        map = {};
        target[json] = map;
      }
      let key = "";
      let value: JsonValue | undefined;
      readMessage(reader, depth, (field, type) => {
        if (field === 1 && type === 2) key = reader.string();
        else if (field === 2 && type === item.wireType) value = item.read(reader, depth + 1);
        else return false;
        return true;
      });
      setOwnKey(map, key, value ?? (isBytes ? "" : item.zero()));
    },
    write(writer, object) {
      const map = object[json];
      if (!isObject(map)) return;
      const keys = sortedKeys(map);
      for (let i = keys.length - 1; i >= 0; i--) {
        const key = keys[i] ?? "";
        const value = map[key] ?? null;
        const mark = writer.written;
        if (!(isBytes && value === null)) {
          item.write(writer, value ?? item.zero());
          writer.unsigned(valueTag);
        }
        writer.string(key);
        writer.byte(10);
        writer.unsigned(writer.written - mark);
        writer.unsigned(tag);
      }
    },
    ...(omitempty
      ? undefined
      : {
          fill(target: JsonObject) {
            if (target[json] === undefined) target[json] = null;
          },
        }),
  };
}

/** The fields of an inlined message stand in the parent's JSON form. */
function inlined(number: number, message: MessageCodec): FieldCodec {
  const tag = number * 8 + 2;
  return {
    number,
    read(reader, target, wireType, depth) {
      if (wireType !== 2) throw wrongType(wireType, message.name);
      message.readInto(reader, target, depth + 1);
    },
    write(writer, object) {
      message.write(writer, object);
      writer.unsigned(tag);
    },
    fill: (target) => message.fill(target),
  };
}

/** The codecs of all messages, each made when it is first needed. */
export class WireCodecs {
  private readonly messages = new Map<string, ValueCodec>();
  private readonly special: Readonly<Record<SpecialType, () => ValueCodec>>;

  constructor(decodeEmbedded: (bytes: Buffer) => JsonValue) {
    this.special = createSpecialCodecs((name) => this.value(name), decodeEmbedded);
  }

  /** By full message name; list wrappers and special types are no MessageCodec. */
  value(name: string): ValueCodec {
    const known = this.messages.get(name);
    if (known !== undefined) return known;
    const codec = this.create(name);
    this.messages.set(name, codec);
    return codec;
  }

  message(name: string): MessageCodec {
    const codec = this.value(name);
    if (!(codec instanceof MessageCodec)) throw new WireError(`${name} is no message`);
    return codec;
  }

  private create(name: string): ValueCodec {
    const packed = packedType(name);
    if (packed === undefined) throw new WireError(`${name} is not defined`);
    if (packed.special !== undefined) return this.special[packed.special as SpecialType]();
    if (packed.listWrapper) return listWrapper(this.scalar("string"));
    return new MessageCodec(this, name);
  }

  private scalar(name: string): ValueCodec {
    const codec = scalarCodec(name);
    if (codec === undefined) throw new WireError(`${name} has no protobuf form`);
    return codec;
  }

  field(owner: string, row: PackedField): FieldCodec {
    const [json, number, type, flags] = row;
    const shape = type.startsWith("[") ? "list" : type.startsWith("{") ? "map" : "one";
    const element = shape === "one" ? type : type.slice(1);
    const value = element.includes(".")
      ? this.value(element.startsWith(".") ? owner + element : element)
      : this.scalar(element);
    const omitempty = (flags & FLAG_OMITEMPTY) !== 0;
    if (shape === "list") return repeated(number, json, value, omitempty);
    if (shape === "map") return mapField(number, json, value, omitempty);
    if ((flags & FLAG_INLINE) !== 0 && value instanceof MessageCodec) return inlined(number, value);
    return singular(number, json, value, flags);
  }
}
