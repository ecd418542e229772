/**
 * Gives every node its pod range. Ranges given and not yet seen in the informer are remembered, so that two nodes that
 * join together never get the same one.
 *
 * Upstream: pkg/controller/nodeipam/ipam/range_allocator.go @1.36
 */
import { controllerRunnable, DONE, nodes } from "@kubets/client";
import type { ControllerDefinition } from "../controller-context.ts";
import { nodeReference } from "../node-reference.ts";
import { nextPodCidr, parseRange } from "./plan.ts";

export interface NodeIpamOptions {
  /** --cluster-cidr */
  readonly clusterCidr: string;
  /** --node-cidr-mask-size; default 24. */
  readonly nodeMaskBits: number;
}

const FULL_RETRY_MS = 60_000;

export function nodeIpamController(options: NodeIpamOptions): ControllerDefinition {
  return {
    name: "node-ipam-controller",
    build(context) {
      const cluster = parseRange(options.clusterCidr);
      const client = context.client("node-controller");
      const recorder = context.recorder("cidrAllocator", client);
      const informer = context.informer(nodes);
      const queue = context.queue("node_ipam");
      /** By node name: given, perhaps not seen yet. */
      const given = new Map<string, string>();
      informer.onChange(({ key, current }) => {
        if (current === undefined) given.delete(key);
        else queue.add(key);
      });
      const used = function* () {
        for (const node of informer.store.list()) {
          if (node.spec?.podCIDR) yield node.spec.podCIDR;
        }
        yield* given.values();
      };
      return [
        controllerRunnable({
          name: "node-ipam-controller",
          queue,
          informers: [informer],
          logger: context.logger,
          async reconcile(name, signal) {
            const node = informer.store.get(name);
            if (node === undefined || node.spec?.podCIDR) return DONE;
            const podCIDR = given.get(name) ?? nextPodCidr(cluster, options.nodeMaskBits, used());
            if (podCIDR === undefined) {
              recorder.event(
                nodeReference(node),
                "Normal",
                "CIDRNotAvailable",
                `Node ${name} status is now: CIDRNotAvailable`,
              );
              // Another try helps only after some node has gone.
              return { kind: "requeueAfter", afterMs: FULL_RETRY_MS };
            }
            given.set(name, podCIDR);
            await client.patch(
              nodes,
              { namespace: "", name },
              {
                type: "application/strategic-merge-patch+json",
                body: { spec: { podCIDR, podCIDRs: [podCIDR] } },
              },
              { signal },
            );
            return DONE;
          },
        }),
      ];
    },
  };
}
