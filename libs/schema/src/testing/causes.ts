/** What validation says of an object, one line for each cause. For tests. */
import type { JsonObject, JsonValue } from "@kubets/api";
import type { StatusCause } from "@kubets/api/meta/v1";
import { validateCreate, validateUpdate } from "../index.ts";
import { typed } from "./typed.ts";

function lines(causes: readonly StatusCause[]): string[] {
  return causes.map(({ field, message }) => `${field}: ${message}`);
}

export function created(object: JsonObject): string[] {
  return lines(validateCreate(typed(object)));
}

export function updated(object: JsonObject, old: JsonObject, subresource = ""): string[] {
  return lines(validateUpdate(typed(stored(object)), typed(stored(old)), subresource));
}

/** With what the server gives to an object it stores. */
function stored(object: JsonObject): JsonObject {
  const metadata = object.metadata as JsonObject;
  return { ...object, metadata: { uid: "u", resourceVersion: "1", ...metadata } };
}

export function object(
  apiVersion: string,
  kind: string,
  fields: Readonly<Record<string, JsonValue>> = {},
): JsonObject {
  return { apiVersion, kind, metadata: { name: "n", namespace: "ns" }, ...fields };
}

export function pod(spec: JsonObject = {}, metadata: JsonObject = {}): JsonObject {
  return object("v1", "Pod", {
    metadata: { name: "n", namespace: "ns", ...metadata },
    spec: { containers: [{ name: "c", image: "i" }], ...spec },
  });
}
