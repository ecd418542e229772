/**
 * Watches over nodes: marks silent ones Unknown, their pods not Ready, and taints what should take no pods or lose them.
 *
 * Upstream: pkg/controller/nodelifecycle/node_lifecycle_controller.go @1.36
 */
import { formatTime, isStatusError } from "@kubets/api";
import type { Node, Pod } from "@kubets/api/core/v1";
import { controllerRunnable, DONE, leases, nodes, pods } from "@kubets/client";
import type { ControllerDefinition } from "../controller-context.ts";
import { nodeReference } from "../node-reference.ts";
import { observedGeneration } from "../pod-control/observed-generation.ts";
import {
  conditionOf,
  type Heartbeat,
  isEvicting,
  plannedTaints,
  signatureOf,
  silenceInMs,
  silentConditions,
} from "./plan.ts";
import {
  DEFAULT_RATES,
  type EvictionRates,
  evictionsPerSecond,
  isFullDisruption,
  zoneKeyOf,
  zonesOf,
} from "./zones.ts";

export interface NodeLifecycleOptions {
  readonly graceMs: number;
  readonly startupGraceMs: number;
  /** How fast nodes may begin to lose their pods. */
  readonly rates?: Partial<EvictionRates>;
}

export const POD_NODE_INDEX = "spec.nodeName";
const LEASE_NAMESPACE = "kube-node-lease";
const WORKERS = 8;
/** Not a node's name: all that are not Ready, to be looked at again. */
const ALL_UNREADY = "";
const UNREADY_GATHER_MS = 200;

export function nodeLifecycleController(options: NodeLifecycleOptions): ControllerDefinition {
  return {
    name: "node-lifecycle-controller",
    build(context) {
      const { clock, logger } = context;
      const client = context.client("node-controller");
      const recorder = context.recorder("node-controller", client);
      const queue = context.queue("node_lifecycle_controller");
      const nodeInformer = context.informer(nodes);
      const leaseInformer = context.informer(leases);
      const podInformer = context.informer(pods);
      const heartbeats = new Map<string, Heartbeat>();
      const rates: EvictionRates = { ...DEFAULT_RATES, ...options.rates };
      /** By zone: when a node began to lose its pods. */
      const lastEvictionMs = new Map<string, number>();
      const zones = () => zonesOf(nodeInformer.store.list(), rates.unhealthyShare);

      nodeInformer.onChange(({ key, old, current }) => {
        if (current === undefined) {
          heartbeats.delete(key);
          if (old !== undefined) {
            recorder.event(
              nodeReference(old),
              "Normal",
              "RemovingNode",
              `Node ${key} event: Removing Node ${key} from Controller`,
            );
          }
          return;
        }
        if (old === undefined) {
          recorder.event(
            nodeReference(current),
            "Normal",
            "RegisteredNode",
            `Node ${key} event: Registered Node ${key} in Controller`,
          );
        }
        const wasReady = old === undefined ? undefined : conditionOf(old, "Ready")?.status;
        queue.add(key);
        // Whether anybody is evicted depends on all nodes together.
        if (wasReady !== conditionOf(current, "Ready")?.status) {
          queue.addAfter(ALL_UNREADY, UNREADY_GATHER_MS);
        }
      });
      leaseInformer.onChange(({ current }) => {
        const { namespace, name } = current?.metadata ?? {};
        if (namespace === LEASE_NAMESPACE && name !== undefined) queue.add(name);
      });

      const heartbeatOf = (node: Node): Heartbeat => {
        const name = node.metadata.name ?? "";
        const lease = leaseInformer.store.get(`${LEASE_NAMESPACE}/${name}`);
        const signature = signatureOf(node, lease?.spec?.renewTime);
        const known = heartbeats.get(name);
        if (known?.signature === signature) return known;
        const heard = { signature, heardMs: clock.monotonicMs() };
        heartbeats.set(name, heard);
        return heard;
      };

      /** At most one more node of a zone in each interval begins to lose its pods; how long this one waits. */
      const evictionOf = (node: Node): { evict: boolean; waitMs?: number } => {
        const states = zones();
        if (isFullDisruption(states)) return { evict: false };
        if (isEvicting(node)) return { evict: true };
        const zone = zoneKeyOf(node);
        const perSecond = evictionsPerSecond(states, zone, rates);
        // Another state of the zones brings it back.
        if (perSecond === 0) return { evict: false };
        const nowMs = clock.monotonicMs();
        const nextMs = (lastEvictionMs.get(zone) ?? Number.NEGATIVE_INFINITY) + 1000 / perSecond;
        if (nextMs > nowMs) return { evict: false, waitMs: nextMs - nowMs };
        lastEvictionMs.set(zone, nowMs);
        return { evict: true };
      };

      const markSilent = async (node: Node, signal: AbortSignal): Promise<Node> => {
        const conditions = silentConditions(node, formatTime(clock.now()));
        if (conditions === undefined) return node;
        const name = node.metadata.name ?? "";
        logger.info("node is silent", { node: name });
        const updated = await client.updateStatus(
          nodes,
          { ...node, status: { ...node.status, conditions } },
          { signal },
        );
        const message = `Node ${name} status is now: NodeNotReady`;
        recorder.event(nodeReference(node), "Normal", "NodeNotReady", message);
        return updated;
      };

      /** What kept it from being done for some of them, if anything. */
      const markPodsNotReady = async (
        nodeName: string,
        signal: AbortSignal,
      ): Promise<{ readonly error: unknown } | undefined> => {
        let failed: { readonly error: unknown } | undefined;
        const affected = podInformer.store
          .byIndex(POD_NODE_INDEX, nodeName)
          .filter((pod) =>
            pod.status?.conditions?.some(
              ({ type, status }) => type === "Ready" && status === "True",
            ),
          );
        for (const pod of affected) {
          let isThere = true;
          try {
            isThere = await patchNotReady(pod, signal);
          } catch (error) {
            failed ??= { error };
          }
          if (isThere) recorder.event(pod, "Warning", "NodeNotReady", "Node is not ready");
        }
        return failed;
      };

      /** False when it is gone. */
      const patchNotReady = async (pod: Pod, signal: AbortSignal): Promise<boolean> => {
        const { namespace = "", name = "", uid } = pod.metadata;
        const ready = {
          type: "Ready",
          status: "False",
          lastTransitionTime: formatTime(clock.now()),
          ...observedGeneration(pod),
        };
        try {
          await client.patch(
            pods,
            { namespace, name, subresource: "status" },
            {
              type: "application/strategic-merge-patch+json",
              body: { metadata: { uid }, status: { conditions: [ready] } },
            },
            { signal },
          );
          return true;
        } catch (error) {
          if (!isStatusError(error, "NotFound") && !isStatusError(error, "Conflict")) throw error;
          return false;
        }
      };

      return [
        controllerRunnable({
          name: "node-lifecycle-controller",
          queue,
          workers: WORKERS,
          informers: [nodeInformer, leaseInformer, podInformer],
          logger,
          async reconcile(name, signal) {
            if (name === ALL_UNREADY) {
              for (const each of nodeInformer.store.list()) {
                const isUnready = conditionOf(each, "Ready")?.status !== "True";
                if (isUnready) queue.add(each.metadata.name ?? "");
              }
              return DONE;
            }
            const found = nodeInformer.store.get(name);
            if (found === undefined) return DONE;
            const untilSilentMs = silenceInMs(
              found,
              heartbeatOf(found),
              options,
              clock.monotonicMs(),
            );
            const isSilent = untilSilentMs <= 0;
            const node = isSilent ? await markSilent(found, signal) : found;
            const ready = conditionOf(node, "Ready")?.status;
            // A kubelet that says itself that it is not ready goes on to speak for its pods.
            const failed = ready === "Unknown" ? await markPodsNotReady(name, signal) : undefined;
            // Those that fall silent together are marked first, so that the state of their zone is known.
            const isMarkedNow = node !== found && !isEvicting(node);
            const { evict, waitMs } =
              ready === undefined || ready === "True" || isMarkedNow
                ? { evict: false }
                : evictionOf(node);
            const taints = plannedTaints(node, evict, formatTime(clock.now()));
            if (taints !== undefined) {
              await client.update(nodes, { ...node, spec: { ...node.spec, taints } }, { signal });
            }
            // Tried again, but only when the node has its taints: they do not wait for a pod.
            if (failed !== undefined) return { kind: "error", error: failed.error };
            const afterMs = Math.min(
              isSilent ? Number.POSITIVE_INFINITY : untilSilentMs + 1,
              isMarkedNow ? UNREADY_GATHER_MS : (waitMs ?? Number.POSITIVE_INFINITY),
            );
            return Number.isFinite(afterMs) ? { kind: "requeueAfter", afterMs } : DONE;
          },
        }),
      ];
    },
  };
}
