import { schemas } from "@kubets/api";
import { createRecordUpdate } from "./managed-fields/record-update.ts";
import { createApplyServerSide } from "./server-side-apply/apply-server-side.ts";
import { createApplyStrategicMergePatch } from "./strategic-merge/apply-strategic-merge-patch.ts";

export { applyJsonPatch } from "./apply-json-patch.ts";
export { applyMergePatch } from "./apply-merge-patch.ts";
export { goMapText } from "./go-map-text.ts";
export type { FieldSet } from "./managed-fields/field-set.ts";
export type { RecordUpdate, RecordUpdateOptions } from "./managed-fields/record-update.ts";
export { entriesOfScale, entriesOfScaled } from "./managed-fields/scale-entries.ts";
export type {
  ApplyServerSide,
  ApplyServerSideOptions,
} from "./server-side-apply/apply-server-side.ts";
export type { ApplyStrategicMergePatch } from "./strategic-merge/apply-strategic-merge-patch.ts";

/** The managedFields after a write that is not an apply. */
export const recordUpdate = createRecordUpdate(schemas);
/** The patched document, sharing nothing with its arguments. Throws StatusError. */
export const applyStrategicMergePatch = createApplyStrategicMergePatch(schemas);
/** The object after server-side apply, decoded, defaulted and with its managedFields. Throws StatusError. */
export const applyServerSide = createApplyServerSide(schemas);
