/**
 * From parsed JSON to a typed object: what the server keeps of a request body.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/runtime/serializer/json/json.go Decode,
 * staging/src/k8s.io/apiserver/pkg/endpoints/handlers/rest.go transformDecodeError @1.36
 */
import {
  badRequest,
  type JsonObject,
  type JsonValue,
  type SchemaTable,
  type TypeSchema,
} from "@kubets/api";
import { DecoderCompiler } from "./compile-decoder.ts";
import { DecodeContext, DecodeError } from "./decode-context.ts";

export interface Decoded {
  readonly object: JsonObject;
  /** Go's strict errors in document order: `unknown field "spec.foo"`. */
  readonly problems: string[];
}

/** Takes the value over: it may be changed in place, and the result may be the same object. */
export type DecodeStrict = (type: TypeSchema, value: JsonValue) => Decoded;

export function createDecodeStrict(table: SchemaTable): DecodeStrict {
  const compiler = new DecoderCompiler(table);
  return (type, value) => {
    const context = new DecodeContext();
    try {
      return { object: compiler.struct(type).decode(value, context), problems: context.problems };
    } catch (error) {
      if (error instanceof DecodeError) throw badRequest(cannotBeHandled(type, error.message));
      throw error;
    }
  };
}

function cannotBeHandled(type: TypeSchema, why: string): string {
  if (type.root === undefined) return why;
  const { kind, version } = type.root;
  return `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${why}`;
}
