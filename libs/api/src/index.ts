export { builtinResources } from "./kinds.ts";
export type {
  GroupVersionKind,
  GroupVersionResource,
  JsonObject,
  JsonValue,
  KubeObject,
} from "./object.ts";
export { apiVersionOf, parseApiVersion } from "./object.ts";
export type { ResourceInfo, SubresourceInfo, Verb } from "./resource-info.ts";
export { schemas } from "./schemas.ts";
export {
  alreadyExists,
  badRequest,
  conflict,
  forbidden,
  type GroupResourceName,
  internalError,
  invalid,
  isStatusError,
  MODIFIED_MESSAGE,
  methodNotSupported,
  notAcceptable,
  notFound,
  requestEntityTooLarge,
  resourceExpired,
  StatusError,
  serviceUnavailable,
  timeout,
  tooManyRequests,
  unauthorized,
  unsupportedMediaType,
} from "./status-error.ts";
export type {
  FieldSchema,
  FieldType,
  ScalarType,
  SchemaTable,
  SpecialType,
  TypeSchema,
} from "./type-schema.ts";
