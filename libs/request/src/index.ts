export { type ConnectionIdentity, identityOf } from "./connection-identity.ts";
export { filterChain } from "./filter-chain.ts";
export { isLongRunning } from "./filters/in-flight.ts";
export { InFlightLimits, type InFlightMaxima } from "./filters/in-flight-limits.ts";
export {
  bareMediaType,
  bodyTypes,
  JSON_TYPE,
  PROTOBUF_TYPE,
  refuseAnswerType,
  YAML_TYPE,
} from "./media-types.ts";
export type { Outcome } from "./outcome.ts";
export { Query } from "./query.ts";
export { type IncomingRequest, RequestContext } from "./request-context.ts";
export { createRequestCore, type RequestCore, type RequestCoreOptions } from "./request-core.ts";
export {
  parseRequestInfo,
  type RequestInfo,
  type ResourceCall,
  resourceRequestInfo,
} from "./request-info.ts";
export { noOptions, parseOptions, type RequestOptions } from "./request-options.ts";
export { methodNotAllowed, pathNotFound } from "./target.ts";
