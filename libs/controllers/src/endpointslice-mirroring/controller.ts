/**
 * Mirrors Endpoints of Services without selectors into EndpointSlices, which is what proxies and DNS read.
 *
 * Upstream: pkg/controller/endpointslicemirroring/endpointslicemirroring_controller.go @1.36
 */
import { isStatusError } from "@kubets/api";
import { controllerRunnable, DONE, endpointSlices, endpoints, services } from "@kubets/client";
import type { ControllerDefinition } from "../controller-context.ts";
import { isNamespaceEnding } from "../pod-control/pod-writer.ts";
import { hasSelector } from "../service-pods/follow-service-pods.ts";
import { ManagedSlices } from "../service-pods/managed-slices.ts";
import { isMirrored, MIRROR_MANAGED_BY, planMirror } from "./plan.ts";

const WORKERS = 5;
const ENDPOINTS_MAX = 1000;
const UNMET_CHECK_MS = 60_000;

export interface MirroringOptions {
  /** --mirroring-max-endpoints-per-subset. Default 1000. */
  readonly endpointsMax?: number;
}

export const endpointSliceMirroringController = ({
  endpointsMax = ENDPOINTS_MAX,
}: MirroringOptions = {}): ControllerDefinition => ({
  name: "endpointslice-mirroring-controller",
  build(context) {
    const client = context.client("endpointslicemirroring-controller");
    const recorder = context.recorder("endpoint-slice-mirroring-controller", client);
    const queue = context.queue("endpoint_slice_mirroring");
    const serviceInformer = context.informer(services);
    const endpointsInformer = context.informer(endpoints);
    const sliceInformer = context.informer(endpointSlices);
    const slices = new ManagedSlices({
      client,
      clock: context.clock,
      informer: sliceInformer,
      managedBy: MIRROR_MANAGED_BY,
      onChange: (key) => queue.add(key),
    });

    serviceInformer.onChange(({ key, old, current }) => {
      const isOther = old === undefined || current === undefined;
      if (isOther || hasSelector(old) !== hasSelector(current)) queue.add(key);
    });
    endpointsInformer.onChange(({ key, old, current }) => {
      if ([old, current].some((each) => each !== undefined && isMirrored(each))) queue.add(key);
    });

    return [
      controllerRunnable({
        name: "endpointslice-mirroring-controller",
        queue,
        workers: context.workers("endpointslice-mirroring-controller", WORKERS),
        informers: [serviceInformer, endpointsInformer, sliceInformer],
        logger: context.logger,
        async reconcile(key, signal) {
          const source = endpointsInformer.store.get(key);
          const service = serviceInformer.store.get(key);
          if (!slices.isComplete(key)) return { kind: "requeueAfter", afterMs: UNMET_CHECK_MS };
          const present = slices.of(key);
          if (!slices.isCurrent(present)) return DONE;
          const isWanted =
            source !== undefined &&
            isMirrored(source) &&
            service !== undefined &&
            !hasSelector(service);
          if (!isWanted) {
            await slices.write(key, { create: [], update: [], delete: present }, signal);
            return DONE;
          }
          if (source.metadata.deletionTimestamp !== undefined) return DONE;
          const plan = planMirror({ endpoints: source, slices: present, endpointsMax });
          for (const { reason, message } of plan.warnings) {
            recorder.event(source, "Warning", reason, message);
          }
          try {
            await slices.write(key, plan, signal);
          } catch (error) {
            if (isNamespaceEnding(error)) return DONE;
            // A view that is behind makes a conflict, not a second slice.
            if (isStatusError(error, "Conflict")) return { kind: "error", error };
            throw error;
          }
          return DONE;
        },
      }),
    ];
  },
});
