/**
 * What kubectl prints: rows made by the server. Cells depend on the time, so rows are made anew each time; the object
 * beside them is kept in ready bytes.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/response.go asTable @1.36
 */
import { badRequest, type JsonValue, stringifyJson } from "@kubets/api";
import type { TableConvertor } from "@kubets/registry";
import type { Entry } from "@kubets/watch-cache";
import { metadataJson } from "./metadata-only.ts";

export type IncludeObject = "None" | "Metadata" | "Object";

export interface TableForm {
  readonly convertor: TableConvertor;
  readonly version: "v1" | "v1beta1";
  readonly includeObject: IncludeObject;
  readonly nowMs: number;
}

export function parseIncludeObject(value: string | undefined): IncludeObject {
  if (value === undefined || value === "" || value === "Metadata") return "Metadata";
  if (value === "None" || value === "Object") return value;
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(value)}: must be 'Metadata', 'Object', 'None', or empty`,
  );
}

export interface TableMetadata {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

const comma = Buffer.from(",");

/** The table's bytes in order. `withColumns` is false for all but the first event of a watch. */
export function* tableBuffers(
  form: TableForm,
  metadata: TableMetadata,
  entries: Iterable<Entry>,
  withColumns = true,
): Generator<Buffer> {
  const columns = withColumns ? columnsJson(form.convertor) : "[]";
  yield Buffer.from(
    `{"kind":"Table","apiVersion":"meta.k8s.io/${form.version}","metadata":${JSON.stringify(metadata)},"columnDefinitions":${columns},"rows":[`,
  );
  let first = true;
  for (const entry of entries) {
    if (!first) yield comma;
    first = false;
    yield* rowBuffers(form, entry);
  }
  yield Buffer.from("]}");
}

function* rowBuffers(form: TableForm, entry: Entry): Generator<Buffer> {
  const cells = stringifyJson(form.convertor.cells(entry.object, form.nowMs) as JsonValue[]);
  switch (form.includeObject) {
    case "None":
      yield Buffer.from(`{"cells":${cells},"object":null}`);
      return;
    case "Object":
      yield Buffer.from(`{"cells":${cells},"object":`);
      yield entry.json;
      yield closeObject;
      return;
    case "Metadata":
      yield Buffer.from(`{"cells":${cells},"object":`);
      yield metadataJson(entry, form.version);
      yield closeObject;
  }
}

const closeObject = Buffer.from("}");

const columnTexts = new WeakMap<object, string>();

function columnsJson({ columns }: TableConvertor): string {
  let text = columnTexts.get(columns);
  if (text === undefined) {
    text = JSON.stringify(
      columns.map(({ name, type, format, description, priority }) => ({
        name,
        type,
        format,
        description,
        priority,
      })),
    );
    columnTexts.set(columns, text);
  }
  return text;
}
