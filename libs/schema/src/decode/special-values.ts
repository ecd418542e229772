/**
 * The types with a JSON form of their own: each normalises a value as Go does when it reads and writes it back
 * (a Quantity in canonical form, a Time in UTC and whole seconds), or throws Go's error.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/{time,micro_time,duration}.go,
 * pkg/util/intstr/intstr.go, pkg/api/resource/quantity.go @1.36
 */
import { canonicalQuantity, type JsonValue, QuantityError, type SpecialType } from "@kubets/api";
import { isShallow } from "../plain-object.ts";
import { DecodeError } from "./decode-context.ts";
import { MICRO_TIME_LAYOUT, normalTime, TIME_LAYOUT } from "./go-time.ts";
import { goKindOf, numberText } from "./go-type-text.ts";

/** Takes any value but null; never undefined. */
export type SpecialDecoder = (value: JsonValue) => JsonValue;

export const specialDecoders: Readonly<
  Record<Exclude<SpecialType, `JSONSchemaProps${string}`>, SpecialDecoder>
> = {
  Quantity: decodeQuantity,
  Time: (value) => normalTime(goString(value), TIME_LAYOUT),
  MicroTime: (value) => normalTime(goString(value), MICRO_TIME_LAYOUT),
  Duration: goString,
  IntOrString: decodeIntOrString,
  FieldsV1: rawValue,
  RawExtension: rawValue,
  JSON: rawValue,
};

/** Kept as it is, if it is not too deep to be walked. */
function rawValue(value: JsonValue): JsonValue {
  if (!isShallow(value)) throw new DecodeError("exceeded max depth");
  return value;
}

/** What Go writes for the zero value where the field is no pointer. */
export function specialZero(special: SpecialType): JsonValue {
  switch (special) {
    case "Quantity":
      return "0";
    case "Duration":
      return "0s";
    case "IntOrString":
      return 0;
    case "JSONSchemaPropsOrBool":
      return false;
    default:
      return null;
  }
}

function goString(value: JsonValue): string {
  if (typeof value === "string") return value;
  throw new DecodeError(`json: cannot unmarshal ${goKindOf(value)} into Go value of type string`);
}

function decodeQuantity(value: JsonValue): JsonValue {
  const text = typeof value === "string" ? value : numberText(value);
  try {
    return canonicalQuantity(text);
  } catch (error) {
    if (error instanceof QuantityError) throw new DecodeError(error.message);
    throw error;
  }
}

function decodeIntOrString(value: JsonValue): JsonValue {
  if (typeof value === "string") return value;
  if (
    typeof value === "number" &&
    Number.isInteger(value) &&
    value >= -2147483648 &&
    value <= 2147483647
  ) {
    return value;
  }
  const what = typeof value === "number" ? `number ${numberText(value)}` : goKindOf(value);
  throw new DecodeError(`json: cannot unmarshal ${what} into Go value of type int32`);
}
