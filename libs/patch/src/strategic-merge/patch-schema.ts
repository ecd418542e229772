/**
 * How strategic merge treats the fields of a message: merged or replaced, by which key, with retained keys.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/meta.go @1.36
 */
import type { FieldSchema, SchemaTable, TypeSchema } from "@kubets/api";

export interface FieldMeta {
  /** "merge", "replace" or "" (retainKeys is a matter of the directive in the patch alone). */
  readonly strategy: string;
  readonly mergeKey: string;
  /** The message of the object, the list's items or the map's values; undefined below the schema. */
  readonly message: TypeSchema | undefined;
}

const NO_META: FieldMeta = { strategy: "", mergeKey: "", message: undefined };

export class PatchSchema {
  private readonly table: SchemaTable;
  private readonly fields = new WeakMap<TypeSchema, ReadonlyMap<string, FieldMeta>>();

  constructor(table: SchemaTable) {
    this.table = table;
  }

  field(owner: TypeSchema | undefined, name: string): FieldMeta {
    if (owner === undefined) return NO_META;
    let fields = this.fields.get(owner);
    if (fields === undefined) {
      fields = new Map(owner.fields.map((field) => [field.json, this.metaOf(field)]));
      this.fields.set(owner, fields);
    }
    return fields.get(name) ?? NO_META;
  }

  private metaOf(field: FieldSchema): FieldMeta {
    const strategies = (field.patchStrategy ?? "").split(",");
    const { type } = field;
    const inner = type.kind === "list" ? type.elem : type;
    return {
      strategy: strategies.find((strategy) => strategy !== "retainKeys") ?? "",
      mergeKey: field.patchMergeKey ?? "",
      message: inner.kind === "message" ? this.table.type(inner.ref) : undefined,
    };
  }
}
