import { schemas } from "@kubets/api";
import { createDecodeStrict } from "./decode/decode-strict.ts";
import { createFindDuplicateFields } from "./decode/find-duplicate-fields.ts";
import { createApplyDefaults } from "./defaults/apply-defaults.ts";

export type { Decoded, DecodeStrict } from "./decode/decode-strict.ts";
export type { FindDuplicateFields } from "./decode/find-duplicate-fields.ts";
export type { ApplyDefaults } from "./defaults/apply-defaults.ts";
export type { DefaultingContext } from "./defaults/special-defaults.ts";
export { cloneJson, isJsonObject, setOwn, withoutKeys } from "./plain-object.ts";

/** From parsed JSON to a typed object; takes the value over. Throws StatusError 400. */
export const decodeStrict = createDecodeStrict(schemas);
/** `duplicate field "spec.x"` texts of a valid JSON text. */
export const findDuplicateFields = createFindDuplicateFields(schemas);
/** Fills a freshly decoded draft in place. */
export const applyDefaults = createApplyDefaults(schemas);
export { type AggregatedVersion, aggregatedDiscovery } from "./discovery/aggregated.ts";
export {
  apiGroup,
  apiGroupList,
  apiVersions,
  type ServedGroup,
  servedGroups,
} from "./discovery/api-groups.ts";
export { apiResourceList } from "./discovery/api-resource-list.ts";
export { dropDisabledFields } from "./gates/drop-disabled-fields.ts";
export type { OpenApiInfo } from "./openapi/dialect.ts";
export {
  openapiHash,
  openapiV2Document,
  openapiV3Document,
  openapiV3GroupVersions,
  openapiV3Index,
  openapiV3Path,
} from "./openapi/documents.ts";
export { encodeGnostic, GNOSTIC_ACCEPTED, GNOSTIC_MEDIA_TYPE } from "./openapi/gnostic.ts";
export { serviceAddressProblems } from "./validation/kinds/service-addresses.ts";
export { validateCreate, validateUpdate } from "./validation/validate-object.ts";
export type { Warn } from "./warnings/warn.ts";
export { warnOfWrite } from "./warnings/warnings-of.ts";
