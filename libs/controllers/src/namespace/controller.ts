/**
 * Empties a namespace that is being deleted and then takes its finalizer away. Pods go first: what protects or serves
 * them (network policies, secrets) must not disappear under a running pod.
 *
 * Upstream: pkg/controller/namespace/namespace_controller.go @1.36
 */
import { formatTime, isStatusError, type KubeObject, type ResourceInfo } from "@kubets/api";
import type { Namespace } from "@kubets/api/core/v1";
import { type Client, controllerRunnable, DONE, namespaces, resourceTypeOf } from "@kubets/client";
import type { ControllerDefinition } from "../controller-context.ts";
import { isActive } from "../namespaces-queue.ts";
import {
  deletableResources,
  isEmpty,
  longestGraceMs,
  type PassResult,
  plannedConditions,
  type Remaining,
  withConditions,
} from "./plan.ts";

const FINALIZER = "kubernetes";
/** Added to half of the longest grace period, as upstream does. */
const RETRY_MS = 1_000;
const LIST_LIMIT = 500;
const WORKERS = 10;

/** `resources` tells what is served now; custom resources come and go. */
export function namespaceController(
  resources: () => readonly ResourceInfo[],
): ControllerDefinition {
  return {
    name: "namespace-controller",
    build(context) {
      const informer = context.informer(namespaces);
      const queue = context.queue("namespace");
      const client = context.client("namespace-controller");
      informer.onChange(({ key, current }) => {
        if (current !== undefined && !isActive(current)) queue.add(key);
      });
      return [
        controllerRunnable({
          name: "namespace-controller",
          queue,
          workers: context.workers("namespace-controller", WORKERS),
          informers: [informer],
          logger: context.logger,
          async reconcile(name, signal) {
            const namespace = informer.store.get(name);
            if (namespace?.metadata.deletionTimestamp === undefined) return DONE;
            if (!(namespace.spec?.finalizers ?? []).includes(FINALIZER)) return DONE;
            const result = await deleteContent(client, name, resources(), signal);
            const now = context.clock.now();
            const latest = await client.get(namespaces, "", name, { signal });
            const updated = withConditions(latest, plannedConditions(result), formatTime(now));
            const current =
              updated === undefined
                ? latest
                : await client.updateStatus(namespaces, updated, { signal });
            if (isEmpty(result)) {
              await finalize(client, current, signal);
              return DONE;
            }
            return { kind: "requeueAfter", afterMs: longestGraceMs(result) / 2 + RETRY_MS };
          },
        }),
      ];
    },
  };
}

async function finalize(client: Client, namespace: Namespace, signal: AbortSignal): Promise<void> {
  const finalizers = (namespace.spec?.finalizers ?? []).filter((name) => name !== FINALIZER);
  try {
    await client.updateSubresource(
      namespaces,
      "finalize",
      { ...namespace, spec: { ...namespace.spec, finalizers } },
      { signal },
    );
  } catch (error) {
    if (!isStatusError(error, "NotFound")) throw error;
  }
}

/** Deletes everything in the namespace once and tells what is still there. */
async function deleteContent(
  client: Client,
  namespace: string,
  resources: readonly ResourceInfo[],
  signal: AbortSignal,
): Promise<PassResult> {
  const deletable = deletableResources(resources);
  const isPods = ({ group, resource }: ResourceInfo) => group === "" && resource === "pods";
  const pods = await deleteResources(client, namespace, deletable.filter(isPods), signal);
  if (!isEmpty(pods)) return pods;
  return deleteResources(
    client,
    namespace,
    deletable.filter((info) => !isPods(info)),
    signal,
  );
}

async function deleteResources(
  client: Client,
  namespace: string,
  resources: readonly ResourceInfo[],
  signal: AbortSignal,
): Promise<PassResult> {
  const remaining: Remaining[] = [];
  const failures: string[] = [];
  await Promise.all(
    resources.map(async (info) => {
      const type = resourceTypeOf(info);
      const list = async () =>
        (await client.list<KubeObject>(type, { namespace, limit: LIST_LIMIT, signal })).items;
      // Upstream writes core resources with their dot: "pods. has 1 resource instances".
      const name = `${info.resource}.${info.group}`;
      try {
        if ((await list()).length === 0) return;
        await client.deleteCollection(
          type,
          { namespace },
          { propagationPolicy: "Background", signal },
        );
        remaining.push({ resource: name, objects: await list() });
      } catch (error) {
        // A resource that is served no more has nothing left to delete.
        if (isStatusError(error, "NotFound") || isStatusError(error, "MethodNotAllowed")) return;
        signal.throwIfAborted();
        failures.push(error instanceof Error ? error.message : String(error));
      }
    }),
  );
  return { remaining, failures };
}
