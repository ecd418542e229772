/**
 * The status of ResourceQuotas: what is used, which admission decides on.
 *
 * Upstream: pkg/controller/resourcequota/resource_quota_controller.go @1.36
 */
import type { KubeObject, ResourceInfo } from "@kubets/api";
import type { ResourceQuota } from "@kubets/api/core/v1";
import {
  type Change,
  controllerRunnable,
  DONE,
  objectKey,
  pods,
  resourceType,
} from "@kubets/client";
import type { ControllerDefinition } from "../controller-context.ts";
import { NAMESPACE_INDEX } from "../manager/informer-indexes.ts";
import { OwnWrites } from "../ownership/own-writes.ts";
import { ObjectMonitors } from "./object-monitors.ts";
import { isConcerned, isReplenishing, planQuota, quotableResources } from "./plan.ts";

const resourceQuotas = resourceType<ResourceQuota>("", "v1", "resourcequotas", true);
const PODS = { group: "", resource: "pods" };
const isPods = ({ group, resource }: ResourceInfo) =>
  group === PODS.group && resource === PODS.resource;
const WORKERS = 5;
const RESYNC_MS = 300_000;
/** Objects mostly go in great numbers: they are counted once for all of them. */
const GATHER_MS = 100;

export interface ResourceQuotaOptions {
  /** What the apiserver serves. */
  readonly resources: () => readonly ResourceInfo[];
  /** --resource-quota-sync-period: everything is counted anew. Default 5 minutes. */
  readonly resyncMs?: number;
}

export const resourceQuotaController = (options: ResourceQuotaOptions): ControllerDefinition => ({
  name: "resourcequota-controller",
  build(context) {
    const { clock } = context;
    const client = context.client("resourcequota-controller");
    const queue = context.queue("resourcequota_primary");
    const quotas = context.informer(resourceQuotas);
    const podInformer = context.informer(pods);
    const ownWrites = new OwnWrites();

    quotas.onChange(({ key, current }) => {
      if (current === undefined) ownWrites.forget(key);
      queue.add(key);
    });
    const replenish = (
      info: Pick<ResourceInfo, "group" | "resource">,
      { old, current }: Change<KubeObject>,
    ): void => {
      if (old === undefined) return;
      for (const quota of quotas.store.byIndex(NAMESPACE_INDEX, old.metadata.namespace ?? "")) {
        if (!isConcerned(quota, info)) continue;
        const isLess =
          current === undefined || isReplenishing(info, { old, current }, quota, clock.now());
        if (isLess) queue.addAfter(objectKey(quota), GATHER_MS);
      }
    };
    const monitors = new ObjectMonitors(context, replenish);
    // Others follow the pods anyway.
    podInformer.onChange((change) => replenish(PODS, change));

    return [
      monitors,
      controllerRunnable({
        name: "resourcequota-controller",
        queue,
        workers: context.workers("resourcequota-controller", WORKERS),
        informers: [quotas, podInformer],
        logger: context.logger,
        async reconcile(key, signal) {
          const quota = quotas.store.get(key);
          if (quota === undefined || ownWrites.isBehind(quota)) return DONE;
          const { namespace = "" } = quota.metadata;
          const concerned = quotableResources(options.resources()).filter((info) =>
            isConcerned(quota, info),
          );
          const counted = await Promise.all(
            concerned.map(async (info) => ({
              info,
              objects: isPods(info)
                ? podInformer.store.byIndex(NAMESPACE_INDEX, namespace)
                : await monitors.of(info, namespace, signal),
            })),
          );
          const status = planQuota(quota, counted, clock.now());
          if (status !== undefined) {
            // Admission may have charged it since it was read: then this fails and all is counted anew.
            ownWrites.wrote(
              await client.updateStatus(resourceQuotas, { ...quota, status }, { signal }),
            );
          }
          return { kind: "requeueAfter", afterMs: options.resyncMs ?? RESYNC_MS };
        },
      }),
    ];
  },
});
