import type { JsonObject } from "@kubets/api";

/** OpenAPI v2 and v3 differ in where schemas stand and in what a schema can say. */
export type Dialect = "v2" | "v3";

export interface OpenApiInfo {
  readonly title: string;
  /** Of the server: "v1.36.0". */
  readonly version: string;
}

const ROOTS: Readonly<Record<Dialect, string>> = {
  v2: "#/definitions/",
  v3: "#/components/schemas/",
};

export function reference(dialect: Dialect, name: string): JsonObject {
  return { $ref: ROOTS[dialect] + name };
}

/** The definition that a `$ref` names. */
export function referencedName(dialect: Dialect, ref: string): string | undefined {
  const root = ROOTS[dialect];
  return ref.startsWith(root) ? ref.slice(root.length) : undefined;
}
