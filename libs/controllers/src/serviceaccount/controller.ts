/**
 * Every namespace has a ServiceAccount "default": pods are created with it.
 *
 * Upstream: pkg/controller/serviceaccount/serviceaccounts_controller.go @1.36
 */
import { isStatusError } from "@kubets/api";
import { controllerRunnable, DONE, serviceAccounts } from "@kubets/client";
import type { ControllerDefinition } from "../controller-context.ts";
import { activeNamespacesQueue, isActive } from "../namespaces-queue.ts";

const ACCOUNT = "default";

export const serviceAccountController: ControllerDefinition = {
  name: "serviceaccount-controller",
  build(context) {
    const { queue, informer } = activeNamespacesQueue(context, "serviceaccount");
    const accounts = context.informer(serviceAccounts);
    const client = context.client("service-account-controller");
    accounts.onChange(({ old, current }) => {
      if (current === undefined && old?.metadata.name === ACCOUNT)
        queue.add(old.metadata.namespace ?? "");
    });
    return [
      controllerRunnable({
        name: "serviceaccount-controller",
        queue,
        informers: [informer, accounts],
        logger: context.logger,
        async reconcile(namespace, signal) {
          const found = informer.store.get(namespace);
          if (found === undefined || !isActive(found)) return DONE;
          if (accounts.store.get(`${namespace}/${ACCOUNT}`) !== undefined) return DONE;
          try {
            await client.create(
              serviceAccounts,
              { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: ACCOUNT, namespace } },
              { signal },
            );
          } catch (error) {
            // Made by somebody else, or the namespace began to end meanwhile: both are well.
            if (isStatusError(error, "AlreadyExists") || isEnding(error)) return DONE;
            throw error;
          }
          return DONE;
        },
      }),
    ];
  },
};

/** The server refuses new objects in a namespace that is going away, with this cause. */
export function isEnding(error: unknown): boolean {
  if (isStatusError(error, "NotFound")) return true;
  return (
    isStatusError(error, "Forbidden") &&
    (error.status.details?.causes ?? []).some(({ reason }) => reason === "NamespaceTerminating")
  );
}
