export { formatDuration, parseDuration } from "./duration.ts";
export { JSON_DEPTH_MAX, parseJson, parseJsonText, stringifyJson } from "./json.ts";
export type { FieldsV1, IntOrString, RawExtension } from "./json-shapes.ts";
export { JsonSyntaxError } from "./json-syntax-error.ts";
export { builtinResources } from "./kinds.ts";
export type {
  GroupVersionKind,
  GroupVersionResource,
  JsonObject,
  JsonValue,
  KubeObject,
} from "./object.ts";
export { apiVersionOf, parseApiVersion } from "./object.ts";
export { setOwnKey } from "./own-key.ts";
export {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  type Quantity,
  QuantityError,
  type QuantityFormat,
  quantityFromMilli,
  quantityFromValue,
  quantityMilli,
  quantityValue,
  subtractQuantities,
} from "./quantity.ts";
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
export { formatMicroTime, formatTime, parseTime } from "./time.ts";
export type {
  FieldSchema,
  FieldType,
  ScalarType,
  SchemaTable,
  SpecialType,
  TypeSchema,
} from "./type-schema.ts";
export {
  type DecodedProtobuf,
  type DecodedWatchEvent,
  decodeProtobuf,
  decodeProtobufWatchEvent,
  encodeProtobuf,
  encodeProtobufList,
  encodeProtobufMessage,
  encodeProtobufWatchFrame,
  hasProtobuf,
} from "./wire/protobuf.ts";
export { WireError } from "./wire/wire-error.ts";
