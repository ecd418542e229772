import { formatDuration, parseDuration } from "../duration.ts";
import { parseJson, stringifyJson } from "../json.ts";
import type { JsonValue } from "../object.ts";
import { canonicalQuantity, QuantityError } from "../quantity.ts";
import { formatInstantMicros, formatInstantSeconds, parseInstant } from "../time.ts";
import type { SpecialType } from "../type-schema.ts";
import { readMessage, scalarCodec, type ValueCodec, writeDelimited } from "./value-codec.ts";
import { WireError } from "./wire-error.ts";

/** Types whose JSON form is not that of their message. */
const JSON_SCHEMA_PROPS =
  "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";

const TAG_1_VARINT = 8;
const TAG_2_VARINT = 16;
const TAG_1_BYTES = 10;
const TAG_2_BYTES = 18;
const TAG_3_BYTES = 26;

/** Seconds of 0001-01-01T00:00:00Z, Go's zero time, and of 9999-12-31T23:59:59Z. */
const ZERO_TIME_SECONDS = -62_135_596_800;
const LAST_SECONDS = 253_402_300_799;

function nullable(codec: Omit<ValueCodec, "wireType" | "go" | "zero" | "isZero">): ValueCodec {
  return {
    wireType: 2,
    go: "struct",
    zero: () => null,
    isZero: (value) => value === null,
    ...codec,
  };
}

const quantity: ValueCodec = {
  wireType: 2,
  go: "struct",
  read(reader, depth) {
    let text = "";
    readMessage(reader, depth, (number, wireType) => {
      if (number !== 1 || wireType !== 2) return false;
      text = reader.string();
      return true;
    });
    if (text === "") return "0";
    try {
      return canonicalQuantity(text);
    } catch (error) {
      if (error instanceof QuantityError) throw new WireError(error.message);
      throw error;
    }
  },
  write(writer, value) {
    const text =
      typeof value === "string" || typeof value === "number" ? canonicalQuantity(value) : "0";
    writeDelimited(writer, () => {
      writer.string(text);
      writer.byte(TAG_1_BYTES);
    });
  },
  zero: () => "0",
  isZero: () => false,
};

function time(fraction: boolean): ValueCodec {
  return nullable({
    read(reader, depth) {
      let seconds = 0;
      let nanos = 0;
      let empty = true;
      readMessage(reader, depth, (number, wireType) => {
        if (wireType !== 0 || number < 1 || number > 2) return false;
        empty = false;
        if (number === 1) seconds = Number(reader.int64());
        else nanos = reader.int32();
        return true;
      });
      if (empty || seconds === ZERO_TIME_SECONDS) return null;
      if (seconds < ZERO_TIME_SECONDS || seconds > LAST_SECONDS || nanos < 0 || nanos >= 1e9) {
        throw new WireError("time is outside of the years 1 to 9999");
      }
      const instant = { seconds, nanos };
      return fraction ? formatInstantMicros(instant) : formatInstantSeconds(instant);
    },
    write(writer, value) {
      const instant = typeof value === "string" ? parseInstant(value) : undefined;
      writeDelimited(writer, () => {
        if (instant === undefined) return;
        writer.integer(fraction ? Math.floor(instant.nanos / 1000) * 1000 : 0);
        writer.byte(TAG_2_VARINT);
        writer.integer(instant.seconds);
        writer.byte(TAG_1_VARINT);
      });
    },
  });
}

const duration: ValueCodec = {
  wireType: 2,
  go: "struct",
  read(reader, depth) {
    let nanos = 0n;
    readMessage(reader, depth, (number, wireType) => {
      if (number !== 1 || wireType !== 0) return false;
      nanos = BigInt(reader.int64());
      return true;
    });
    return formatDuration(nanos);
  },
  write(writer, value) {
    const nanos = typeof value === "string" ? (parseDuration(value) ?? 0n) : 0n;
    writeDelimited(writer, () => {
      writer.integer(nanos < 0n ? nanos : Number(nanos));
      writer.byte(TAG_1_VARINT);
    });
  },
  zero: () => "0s",
  isZero: () => false,
};

const intOrString: ValueCodec = {
  wireType: 2,
  go: "struct",
  read(reader, depth) {
    let isText = false;
    let number = 0;
    let text = "";
    readMessage(reader, depth, (field, wireType) => {
      if (field === 1 && wireType === 0) isText = reader.int64() === 1;
      else if (field === 2 && wireType === 0) number = reader.int32();
      else if (field === 3 && wireType === 2) text = reader.string();
      else return false;
      return true;
    });
    return isText ? text : number;
  },
  write(writer, value) {
    const isText = typeof value === "string";
    writeDelimited(writer, () => {
      writer.string(isText ? value : "");
      writer.byte(TAG_3_BYTES);
      writer.integer(typeof value === "number" ? value : 0);
      writer.byte(TAG_2_VARINT);
      writer.byte(isText ? 1 : 0);
      writer.byte(TAG_1_VARINT);
    });
  },
  zero: () => 0,
  isZero: () => false,
};

/** A protobuf object inside a RawExtension starts with these bytes. */
const MAGIC = Buffer.from("k8s\0");

/** JSON kept as bytes in field 1. */
function verbatimJson(decodeEmbedded: (bytes: Buffer) => JsonValue): ValueCodec {
  return nullable({
    read(reader, depth) {
      let value: JsonValue = null;
      readMessage(reader, depth, (number, wireType) => {
        if (number !== 1 || wireType !== 2) return false;
        const bytes = reader.view();
        if (bytes.length === 0) return true;
        value = bytes.subarray(0, 4).equals(MAGIC) ? decodeEmbedded(bytes) : parseJson(bytes);
        return true;
      });
      return value;
    },
    write(writer, value) {
      writeDelimited(writer, () => {
        if (value === null) return;
        writer.string(stringifyJson(value));
        writer.byte(TAG_1_BYTES);
      });
    },
  });
}

/** JSONSchemaPropsOrBool and its kin: a schema, or something simpler in its place. */
function schemaOr(
  schema: ValueCodec,
  schemaField: number,
  other: {
    readonly field: number;
    readonly wireType: 0 | 2;
    readonly codec: ValueCodec;
    readonly list: boolean;
    /** Written although a schema is set (Go's plain `allows`). */
    readonly always: boolean;
  },
): ValueCodec {
  const schemaTag = schemaField === 1 ? TAG_1_BYTES : TAG_2_BYTES;
  const otherTag = other.field * 8 + other.wireType;
  return nullable({
    read(reader, depth) {
      let found: JsonValue | undefined;
      let simple: JsonValue = other.list ? [] : false;
      readMessage(reader, depth, (number, wireType) => {
        if (number === schemaField && wireType === 2) {
          found = schema.read(reader, depth + 1);
        } else if (number === other.field && wireType === other.wireType) {
          const value = other.codec.read(reader, depth + 1);
          if (Array.isArray(simple)) simple.push(value);
          else simple = value;
        } else {
          return false;
        }
        return true;
      });
      return found ?? simple;
    },
    write(writer, value) {
      const isSchema = typeof value === "object" && value !== null && !Array.isArray(value);
      writeDelimited(writer, () => {
        if (isSchema && schemaField === 2) {
          schema.write(writer, value);
          writer.byte(schemaTag);
        }
        if (Array.isArray(value)) {
          for (let i = value.length - 1; i >= 0; i--) {
            other.codec.write(writer, value[i] ?? other.codec.zero());
            writer.byte(otherTag);
          }
        } else if (other.always) {
          other.codec.write(writer, isSchema ? true : value);
          writer.byte(otherTag);
        }
        if (isSchema && schemaField === 1) {
          schema.write(writer, value);
          writer.byte(schemaTag);
        }
      });
    },
  });
}

function scalar(name: string): ValueCodec {
  const codec = scalarCodec(name);
  if (codec === undefined) throw new Error(`no codec for ${name}`);
  return codec;
}

/**
 * `message` gives the codec of a message by its full name, `decodeEmbedded` reads a whole object with its
 * envelope.
 */
export function createSpecialCodecs(
  message: (name: string) => ValueCodec,
  decodeEmbedded: (bytes: Buffer) => JsonValue,
): Readonly<Record<SpecialType, () => ValueCodec>> {
  const verbatim = verbatimJson(decodeEmbedded);
  return {
    Quantity: () => quantity,
    Time: () => time(false),
    MicroTime: () => time(true),
    Duration: () => duration,
    IntOrString: () => intOrString,
    FieldsV1: () => verbatim,
    RawExtension: () => verbatim,
    JSON: () => verbatim,
    JSONSchemaPropsOrBool: () =>
      schemaOr(message(JSON_SCHEMA_PROPS), 2, {
        field: 1,
        wireType: 0,
        codec: scalar("bool"),
        list: false,
        always: true,
      }),
    JSONSchemaPropsOrArray: () =>
      schemaOr(message(JSON_SCHEMA_PROPS), 1, {
        field: 2,
        wireType: 2,
        codec: message(JSON_SCHEMA_PROPS),
        list: true,
        always: false,
      }),
    JSONSchemaPropsOrStringArray: () =>
      schemaOr(message(JSON_SCHEMA_PROPS), 1, {
        field: 2,
        wireType: 2,
        codec: scalar("string"),
        list: true,
        always: false,
      }),
  };
}
