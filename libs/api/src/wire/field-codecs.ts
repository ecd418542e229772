import type { JsonObject, JsonValue } from "../object.ts";
import { setOwnKey } from "../own-key.ts";
import { FLAG_OMITEMPTY, FLAG_OMITZERO, FLAG_POINTER } from "../packed-type.ts";
import { type FieldCodec, isObject, MessageCodec } from "./message-codec.ts";
import type { ProtoWriter } from "./proto-writer.ts";
import { readMessage, scalarCodec, type ValueCodec, writeDelimited } from "./value-codec.ts";
import { UNEXPECTED_END, WireError } from "./wire-error.ts";

function wrongType(wireType: number, json: string): WireError {
  return new WireError(`proto: wrong wireType = ${wireType} for field ${json}`);
}

/** ExtraValue and Verbs: a message around one list, which is a plain array in JSON. */
export function listWrapper(item: ValueCodec): ValueCodec {
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

export function singular(
  number: number,
  json: string,
  value: ValueCodec,
  flags: number,
): FieldCodec {
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

export function repeated(
  number: number,
  json: string,
  item: ValueCodec,
  omitempty: boolean,
): FieldCodec {
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

export function mapField(
  number: number,
  json: string,
  item: ValueCodec,
  omitempty: boolean,
): FieldCodec {
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
export function inlined(number: number, message: MessageCodec): FieldCodec {
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
