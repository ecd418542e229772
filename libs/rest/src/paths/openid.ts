/**
 * What others need to check service account tokens.
 *
 * Upstream: pkg/serviceaccount/openidmetadata.go @1.36
 */
import { type PathHandler, sendText } from "./path-handler.ts";

export interface OpenIdDocuments {
  /** Of /.well-known/openid-configuration. */
  readonly configuration: () => string;
  /** Of /openid/v1/jwks. */
  readonly keySet: () => string;
}

const configurationPath = "/.well-known/openid-configuration";
const keySetPath = "/openid/v1/jwks";

export function openIdPaths(documents: OpenIdDocuments): PathHandler {
  return {
    paths: () => [configurationPath, keySetPath],
    serve: (request) => {
      if (request.path === configurationPath) {
        sendText(request, 200, documents.configuration(), "application/json");
        return true;
      }
      if (request.path !== keySetPath) return false;
      sendText(request, 200, documents.keySet(), "application/jwk-set+json");
      return true;
    },
  };
}
