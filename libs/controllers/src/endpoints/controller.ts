/**
 * Endpoints of Services with selectors: the older form of EndpointSlices.
 *
 * Upstream: pkg/controller/endpoint/endpoints_controller.go @1.36
 */
import { isStatusError } from "@kubets/api";
import { controllerRunnable, DONE, endpoints, pods, services } from "@kubets/client";
import type { ControllerDefinition } from "../controller-context.ts";
import { NAMESPACE_INDEX } from "../manager/informer-indexes.ts";
import { OwnWrites } from "../ownership/own-writes.ts";
import { gatherMs } from "../pod-control/gather-time.ts";
import { isNamespaceEnding, messageOf } from "../pod-control/pod-writer.ts";
import { followServicePods, hasSelector, selects } from "../service-pods/follow-service-pods.ts";
import { MANAGED_BY_LABEL, planEndpoints } from "./plan.ts";

const WORKERS = 5;

export const endpointsController: ControllerDefinition = {
  name: "endpoints-controller",
  build(context) {
    const client = context.client("endpoint-controller");
    const recorder = context.recorder("endpoint-controller", client);
    const queue = context.queue("endpoint");
    const serviceInformer = context.informer(services);
    const podInformer = context.informer(pods);
    const endpointsInformer = context.informer(endpoints);
    const ownWrites = new OwnWrites();

    /** Services that went while this process looked: their Endpoints go too, whoever made them. */
    const ended = new Set<string>();

    serviceInformer.onChange(({ key, current }) => {
      if (current === undefined) ended.add(key);
      else ended.delete(key);
      queue.add(key);
    });
    endpointsInformer.onChange(({ key, current }) => {
      if (current === undefined) ownWrites.forget(key);
      queue.add(key);
    });
    followServicePods(podInformer, serviceInformer, (key) => {
      const subsets = endpointsInformer.store.get(key)?.subsets ?? [];
      const known = subsets.reduce((sum, { addresses }) => sum + (addresses ?? []).length, 0);
      queue.addAfter(key, gatherMs(known));
    });

    return [
      controllerRunnable({
        name: "endpoints-controller",
        queue,
        workers: context.workers("endpoints-controller", WORKERS),
        informers: [serviceInformer, podInformer, endpointsInformer],
        logger: context.logger,
        async reconcile(key, signal) {
          const service = serviceInformer.store.get(key);
          const existing = endpointsInformer.store.get(key);
          if (existing !== undefined && ownWrites.isBehind(existing)) return DONE;
          if (service === undefined) {
            // Endpoints have no owner: they go by name. Those that somebody made for no Service stay.
            const isManaged = existing?.metadata.labels?.[MANAGED_BY_LABEL] !== undefined;
            if (existing === undefined || !(isManaged || ended.has(key))) {
              ended.delete(key);
              return DONE;
            }
            const { namespace = "", name = "" } = existing.metadata;
            await client.delete(endpoints, namespace, name, { signal }).catch((error: unknown) => {
              if (!isStatusError(error, "NotFound")) throw error;
            });
            ended.delete(key);
            return DONE;
          }
          if (service.spec?.type === "ExternalName" || !hasSelector(service)) return DONE;
          const selected = podInformer.store
            .byIndex(NAMESPACE_INDEX, service.metadata.namespace ?? "")
            .filter((pod) => selects(service, pod));
          const wanted = planEndpoints(service, selected, existing);
          if (wanted === undefined) return DONE;
          try {
            if (existing === undefined) await client.create(endpoints, wanted, { signal });
            else ownWrites.wrote(await client.update(endpoints, wanted, { signal }));
          } catch (error) {
            if (isNamespaceEnding(error)) return DONE;
            const isBehind =
              isStatusError(error, "Conflict") || isStatusError(error, "AlreadyExists");
            if (!isBehind) {
              const [reason, what] =
                existing === undefined
                  ? ["FailedToCreateEndpoint", "create endpoint for service"]
                  : ["FailedToUpdateEndpoint", "update endpoint"];
              const message = `Failed to ${what} ${key}: ${messageOf(error)}`;
              recorder.event(wanted, "Warning", reason, message);
            }
            throw error;
          }
          return DONE;
        },
      }),
    ];
  },
};
