/**
 * Keeps the host's and every node's routes to the other nodes' pods: watches Nodes for the pod range that the
 * controller-manager gives them.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Node } from "@kubets/api/core/v1";
import { createGrpcClient, Informer, nodes } from "@kubets/client";
import type { Clock, Logger } from "@kubets/service";
import type { ClusterSpec } from "./cluster-spec.ts";
import { grpcAddresses } from "./components.ts";
import { podRoute, runSteps, type Step } from "./fabric.ts";
import type { ClusterPaths } from "./paths.ts";

export interface PodRoutesOptions {
  readonly spec: ClusterSpec;
  readonly paths: ClusterPaths;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The process that holds a node's network namespace. */
  namespacePid(node: string): number | undefined;
}

/** The routes that a node with this pod range needs everywhere else. */
export function routesFor(
  spec: ClusterSpec,
  nodeName: string,
  podCidr: string,
  namespacePid: (node: string) => number | undefined,
): Step[] {
  const target = spec.nodes.find((node) => node.name === nodeName);
  if (target === undefined) return [];
  const others = spec.nodes
    .filter((node) => node.name !== nodeName)
    .map((node) => namespacePid(node.name))
    .filter((pid) => pid !== undefined);
  return [podRoute(podCidr, target), ...others.map((pid) => podRoute(podCidr, target, pid))];
}

/** Returns the function that ends it. */
export function watchPodCidrs(options: PodRoutesOptions): () => Promise<void> {
  const { spec, paths, clock, logger } = options;
  const read = (file: string) => readFileSync(join(paths.pki, file));
  const client = createGrpcClient({
    address: grpcAddresses(spec),
    tls: { ca: read("ca.crt"), cert: read("admin.crt"), key: read("admin.key") },
    clock,
  });
  const done = new Map<string, string>();
  const apply = async (node: Node) => {
    const podCidr = node.spec?.podCIDR;
    const name = node.metadata.name ?? "";
    if (podCidr === undefined || podCidr === "" || done.get(name) === podCidr) return;
    done.set(name, podCidr);
    await runSteps(routesFor(spec, name, podCidr, options.namespacePid));
  };
  const informer = new Informer({ client, type: nodes, clock, logger });
  informer.onChange(({ key, current }) => {
    if (current === undefined) return;
    apply(current).catch((error: unknown) => {
      done.delete(key);
      logger.error("cannot set a pod route", { node: key, error });
    });
  });
  informer.start().catch((error: unknown) => logger.error("cannot watch nodes", { error }));
  return async () => {
    await informer.stop();
    await client.close();
  };
}
