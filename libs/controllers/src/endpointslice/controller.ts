/**
 * EndpointSlices of Services with selectors.
 *
 * Upstream: pkg/controller/endpointslice/endpointslice_controller.go @1.36
 */
import { isStatusError } from "@kubets/api";
import type { Node } from "@kubets/api/core/v1";
import {
  controllerRunnable,
  DONE,
  endpointSlices,
  nodes,
  objectKey,
  pods,
  services,
} from "@kubets/client";
import type { ControllerDefinition } from "../controller-context.ts";
import { NAMESPACE_INDEX } from "../manager/informer-indexes.ts";
import { isSemanticallyEqual } from "../ownership/canonical-json.ts";
import { gatherMs } from "../pod-control/gather-time.ts";
import { isNamespaceEnding, messageOf } from "../pod-control/pod-writer.ts";
import { followServicePods, hasSelector, selects } from "../service-pods/follow-service-pods.ts";
import { ManagedSlices } from "../service-pods/managed-slices.ts";
import { hintingOf } from "./hints.ts";
import { MANAGED_BY, planSlices } from "./plan.ts";
import { zoneShares } from "./zone-shares.ts";

const WORKERS = 5;
const ENDPOINTS_MAX = 100;

export interface EndpointSliceOptions {
  /** --max-endpoints-per-slice. Default 100. */
  readonly endpointsMax?: number;
}

export const endpointSliceController = ({
  endpointsMax = ENDPOINTS_MAX,
}: EndpointSliceOptions = {}): ControllerDefinition => ({
  name: "endpointslice-controller",
  build(context) {
    const { clock, logger } = context;
    const client = context.client("endpointslice-controller");
    const recorder = context.recorder("endpoint-slice-controller", client);
    const queue = context.queue("endpoint_slice");
    const serviceInformer = context.informer(services);
    const podInformer = context.informer(pods);
    const nodeInformer = context.informer(nodes);
    const sliceInformer = context.informer(endpointSlices);
    const slices = new ManagedSlices({
      client,
      clock,
      informer: sliceInformer,
      managedBy: MANAGED_BY,
      onChange: (key) => queue.add(key),
    });
    /** Services some of whose pods have unknown nodes. */
    const incomplete = new Set<string>();

    serviceInformer.onChange(({ key }) => queue.add(key));
    followServicePods(podInformer, serviceInformer, (key) => {
      const known = slices
        .of(key)
        .reduce((sum, { endpoints }) => sum + (endpoints ?? []).length, 0);
      queue.addAfter(key, gatherMs(known) / 2);
    });
    /** Services whose endpoints have topology hints. */
    const hinted = new Set<string>();
    let shares: ReadonlyMap<string, number> | undefined;
    nodeInformer.onChange(({ old, current }) => {
      if (old === undefined) for (const key of incomplete) queue.add(key);
      if (old !== undefined && current !== undefined && isSameForHints(old, current)) return;
      const now = zoneShares(nodeInformer.store.list());
      if (isSemanticallyEqual([...(shares ?? [])], [...(now ?? [])])) return;
      shares = now;
      for (const service of serviceInformer.store.list()) {
        if (hintingOf(service) === "topology") queue.add(objectKey(service));
      }
    });
    const reconcile = async (key: string, signal: AbortSignal) => {
      const service = serviceInformer.store.get(key);
      incomplete.delete(key);
      if (service === undefined) {
        // The garbage collector takes the slices.
        hinted.delete(key);
        slices.forget(key);
        return DONE;
      }
      if (service.spec?.type === "ExternalName" || !hasSelector(service)) return DONE;
      if (service.metadata.deletionTimestamp !== undefined) return DONE;
      // Its own slices are not all in view: their events bring it back, and if one is lost, time does.
      if (!slices.isComplete(key)) return { kind: "requeueAfter", afterMs: 60_000 } as const;
      const present = slices.of(key);
      if (!slices.isCurrent(present)) return DONE;
      const plan = planSlices({
        service,
        pods: podInformer.store
          .byIndex(NAMESPACE_INDEX, service.metadata.namespace ?? "")
          .filter((pod) => selects(service, pod)),
        slices: present,
        nodeOf: (name) => nodeInformer.store.get(name),
        endpointsMax,
        zoneShares: shares,
        wasHinted: hinted.has(key),
      });
      if (plan.isHinted) hinted.add(key);
      else hinted.delete(key);
      for (const { type, reason, message } of plan.events) {
        recorder.event(service, type, reason, message);
      }
      if (plan.isIncomplete) incomplete.add(key);
      let failed = "";
      try {
        await slices.write(key, plan, signal, (doing) => {
          failed = `failed to ${doing} for Service ${key}`;
        });
      } catch (error) {
        // Whatever happened is read anew; a view that is behind makes a conflict, not a second slice.
        if (isNamespaceEnding(error)) return DONE;
        if (!isStatusError(error, "Conflict")) {
          recorder.event(
            service,
            "Warning",
            "FailedToUpdateEndpointSlices",
            `Error updating Endpoint Slices for Service ${key}: ${failed}: ${messageOf(error)}`,
          );
        }
        throw error;
      }
      return DONE;
    };

    return [
      controllerRunnable({
        name: "endpointslice-controller",
        queue,
        workers: context.workers("endpointslice-controller", WORKERS),
        informers: [serviceInformer, podInformer, nodeInformer, sliceInformer],
        logger,
        reconcile,
      }),
    ];
  },
});

/** As far as zones' shares are reckoned from it: heartbeats change nothing. */
function isSameForHints(old: Node, current: Node): boolean {
  const relevant = ({ metadata, status }: Node) => [
    metadata.labels,
    status?.allocatable?.cpu,
    status?.conditions?.find(({ type }) => type === "Ready")?.status,
  ];
  return isSemanticallyEqual(relevant(old), relevant(current));
}
