/** serviceaccounts/token. Upstream: pkg/registry/core/serviceaccount/storage/token.go @1.36 */
import { isStatusError, type KubeObject } from "@kubets/api";
import type { TokenRequest } from "@kubets/api/authentication/v1";
import type { Pod } from "@kubets/api/core/v1";
import {
  createTokenRequestHandler,
  type TokenRequestOptions,
  type TokenRequestReader,
} from "@kubets/authn";
import type { RequestScope, ResourceStore, SubresourceHandler } from "../store.ts";
import { SubresourceAdmissionRequest } from "./admission-request.ts";

export interface ServiceAccountTokenStores {
  readonly serviceAccounts: ResourceStore;
  readonly pods: ResourceStore;
  readonly secrets: ResourceStore;
  readonly nodes: ResourceStore;
}

export type ServiceAccountTokens = Omit<TokenRequestOptions, "reader" | "clock">;

export function serviceAccountToken(
  stores: ServiceAccountTokenStores,
  options: Omit<TokenRequestOptions, "reader">,
): SubresourceHandler {
  return {
    resource: { group: "", resource: "serviceaccounts" },
    subresource: "token",
    async create(scope, name, object, admission) {
      const questionOf = (request: KubeObject) =>
        new SubresourceAdmissionRequest(scope, {
          operation: "CREATE",
          resource: stores.serviceAccounts.info,
          kind: { group: "authentication.k8s.io", version: "v1", kind: "TokenRequest" },
          subresource: "token",
          name,
          object: request,
        });
      // Before the defaults: NodeRestriction tells a request without audiences from one that names the server's.
      const admitted = (await admission.mutate(questionOf(object))) ?? object;
      const handle = createTokenRequestHandler({ ...options, reader: readerOf(stores, scope) });
      return handle({
        namespace: scope.namespace,
        name,
        request: admitted as TokenRequest,
        admit: (request) => admission.validate(questionOf(request)),
        warn: (text) => scope.warn(text),
      });
    },
  };
}

function readerOf(stores: ServiceAccountTokenStores, scope: RequestScope): TokenRequestReader {
  const read = async (store: ResourceStore, name: string): Promise<KubeObject | undefined> => {
    try {
      return (await store.get(scope, name)).object;
    } catch (error) {
      if (isStatusError(error, "NotFound")) return undefined;
      throw error;
    }
  };
  return {
    serviceAccount: (_namespace, name) => read(stores.serviceAccounts, name),
    pod: async (_namespace, name) => (await read(stores.pods, name)) as Pod | undefined,
    secret: (_namespace, name) => read(stores.secrets, name),
    node: (name) => read(stores.nodes, name),
  };
}
