export { type ConnectorOptions, createConnector } from "./connect/create-connector.ts";
export { type DiscoveryOptions, discoveryPaths } from "./paths/discovery.ts";
export { healthPaths } from "./paths/health.ts";
export { metricsPath } from "./paths/metrics.ts";
export { openapiPaths } from "./paths/openapi.ts";
export { type OpenIdDocuments, openIdPaths } from "./paths/openid.ts";
export type { PathHandler, PathRequest } from "./paths/path-handler.ts";
export { versionPath } from "./paths/version.ts";
export { createRestServer, type RestServer, type RestServerOptions } from "./rest-server.ts";
