export type { GroupVersionKind, GroupVersionResource, JsonObject, JsonValue, KubeObject } from "./object.ts";
export { apiVersionOf, parseApiVersion } from "./object.ts";
export type {
  FieldSchema,
  FieldType,
  ScalarType,
  SchemaTable,
  SpecialType,
  TypeSchema,
} from "./type-schema.ts";
export type { ResourceInfo, SubresourceInfo, Verb } from "./resource-info.ts";
export {
  alreadyExists,
  badRequest,
  conflict,
  forbidden,
  type GroupResourceName,
  internalError,
  invalid,
  isStatusError,
  methodNotSupported,
  MODIFIED_MESSAGE,
  notAcceptable,
  notFound,
  requestEntityTooLarge,
  resourceExpired,
  serviceUnavailable,
  StatusError,
  timeout,
  tooManyRequests,
  unauthorized,
  unsupportedMediaType,
} from "./status-error.ts";
