/**
 * Deletes Jobs some time after they have ended.
 *
 * Upstream: pkg/controller/ttlafterfinished/ttlafterfinished_controller.go @1.36
 */
import { isStatusError } from "@kubets/api";
import { controllerRunnable, DONE, jobs } from "@kubets/client";
import type { ControllerDefinition } from "../controller-context.ts";
import { expiryMs } from "./plan.ts";

const WORKERS = 5;

export const ttlAfterFinishedController: ControllerDefinition = {
  name: "ttl-after-finished-controller",
  build(context) {
    const { clock } = context;
    const client = context.client("ttl-after-finished-controller");
    const queue = context.queue("ttl_jobs_to_delete");
    const informer = context.informer(jobs);
    informer.onChange(({ key, current }) => {
      if (current !== undefined && expiryMs(current) !== undefined) queue.add(key);
    });
    return [
      controllerRunnable({
        name: "ttl-after-finished-controller",
        queue,
        workers: context.workers("ttl-after-finished-controller", WORKERS),
        informers: [informer],
        logger: context.logger,
        async reconcile(key, signal) {
          const known = informer.store.get(key);
          const expectedMs = known === undefined ? undefined : expiryMs(known);
          if (known === undefined || expectedMs === undefined) return DONE;
          const leftMs = expectedMs - clock.now();
          if (leftMs > 0) return { kind: "requeueAfter", afterMs: leftMs };
          const { namespace = "", name = "", uid } = known.metadata;
          try {
            // The time to live may have been made longer a moment ago.
            const fresh = await client.get(jobs, namespace, name, { signal });
            const freshMs = expiryMs(fresh);
            if (fresh.metadata.uid !== uid || freshMs === undefined) return DONE;
            if (freshMs > clock.now()) {
              return { kind: "requeueAfter", afterMs: freshMs - clock.now() };
            }
            await client.delete(jobs, namespace, name, {
              signal,
              propagationPolicy: "Foreground",
              ...(uid === undefined ? {} : { preconditions: { uid } }),
            });
          } catch (error) {
            if (!isStatusError(error, "NotFound") && !isStatusError(error, "Conflict")) throw error;
          }
          return DONE;
        },
      }),
    ];
  },
};
