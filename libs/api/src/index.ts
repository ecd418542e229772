export { builtinResources } from "./data/kinds.ts";
export { formatDuration, parseDuration } from "./duration.ts";
export { JSON_DEPTH_MAX, parseJson, parseJsonText, stringifyJson } from "./json.ts";
export type { FieldsV1, IntOrString, RawExtension } from "./json-shapes.ts";
export { JsonSyntaxError } from "./json-syntax-error.ts";
export { dns1123SubdomainErrors, labelKeyErrors, labelValueErrors } from "./label-syntax.ts";
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
export {
  controllerOf,
  controllerReference,
  isControlledBy,
  isOwnedBy,
  ownerReference,
} from "./rules/owner-references.ts";
export {
  isSidecar,
  type PodRequestsOptions,
  podLimits,
  podRequests,
  type ResourceAmounts,
  type ResourceList,
  resourceAmounts,
} from "./rules/pod-resources.ts";
export {
  isMirrorPod,
  isNodeReady,
  isPodActive,
  isPodAvailable,
  isPodReady,
  isPodTerminal,
  isPodTerminating,
  nodeCondition,
  podCondition,
} from "./rules/pod-state.ts";
export { type QosClass, qosClass } from "./rules/qos-class.ts";
export { quotaCounts } from "./rules/quota-scopes.ts";
export {
  concernsQuotaName,
  type QuotaUsage,
  quotaComputeUsage,
  quotaUsageOf,
} from "./rules/quota-usage.ts";
export { isSameTaint, tolerates, toleratesTaint, untoleratedTaint } from "./rules/taints.ts";
export { schemas } from "./schemas.ts";
export {
  everyField,
  type FieldRequirement,
  type FieldSelectorMatcher,
  parseFieldSelector,
} from "./selectors/field-selector.ts";
export type { LabelOperator, LabelRequirement, Labels } from "./selectors/label-requirement.ts";
export {
  everythingSelector,
  type LabelSelectorMatcher,
  labelSelectorFrom,
  labelSelectorFromMap,
  nothingSelector,
  parseLabelSelector,
} from "./selectors/label-selector.ts";
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
  ANNOTATION_CONFIG_HASH,
  ANNOTATION_CONFIG_SOURCE,
  ANNOTATION_INITIAL_EVENTS_END,
  ANNOTATION_LAST_APPLIED,
  ANNOTATION_MIRROR_POD,
  ANNOTATION_NODE_TTL,
  ANNOTATION_POD_DELETION_COST,
  ANNOTATION_RBAC_AUTOUPDATE,
  ANNOTATION_SERVICE_ACCOUNT_NAME,
  ANNOTATION_SERVICE_ACCOUNT_UID,
  DEFAULT_SCHEDULER_NAME,
  DEFAULT_SERVICE_ACCOUNT,
  FINALIZER_FOREGROUND,
  FINALIZER_KUBERNETES,
  FINALIZER_ORPHAN,
  LABEL_ARCH,
  LABEL_BETA_ARCH,
  LABEL_BETA_OS,
  LABEL_ENDPOINT_SLICE_MANAGED_BY,
  LABEL_HEADLESS_SERVICE,
  LABEL_HOSTNAME,
  LABEL_INSTANCE_TYPE,
  LABEL_NAMESPACE_NAME,
  LABEL_NODE_EXCLUDE_BALANCERS,
  LABEL_NODE_ROLE_PREFIX,
  LABEL_OS,
  LABEL_REGION,
  LABEL_SERVICE_NAME,
  LABEL_ZONE,
  NAMESPACE_DEFAULT,
  NAMESPACE_NODE_LEASE,
  NAMESPACE_PUBLIC,
  NAMESPACE_SYSTEM,
  ROOT_CA_CONFIG_MAP,
  TAINT_NODE_DISK_PRESSURE,
  TAINT_NODE_MEMORY_PRESSURE,
  TAINT_NODE_NETWORK_UNAVAILABLE,
  TAINT_NODE_NOT_READY,
  TAINT_NODE_OUT_OF_SERVICE,
  TAINT_NODE_PID_PRESSURE,
  TAINT_NODE_UNREACHABLE,
  TAINT_NODE_UNSCHEDULABLE,
} from "./well-known.ts";
export { ProtoWriter } from "./wire/proto-writer.ts";
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
export { parseYaml, stringifyYaml, YamlSyntaxError } from "./yaml.ts";
