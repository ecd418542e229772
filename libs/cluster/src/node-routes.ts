/** On a node that is a machine or container of its own: the ways to the pods of every other node. */
import type { Node } from "@kubets/api/core/v1";
import { type Client, Informer, nodes } from "@kubets/client";
import type { Clock, Logger } from "@kubets/service";
import { runSteps, type Step } from "./fabric.ts";

export interface NodeRoutesOptions {
  readonly client: Client;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Runs commands; a test gives its own. */
  readonly run?: (steps: readonly Step[]) => Promise<unknown>;
}

/** What a node's object says about the way to its pods; undefined until it says both. */
export function routeOf(
  node: Node,
): { readonly podCidr: string; readonly via: string } | undefined {
  const podCidr = node.spec?.podCIDR ?? "";
  const via = node.status?.addresses?.find(({ type }) => type === "InternalIP")?.address ?? "";
  return podCidr === "" || via === "" ? undefined : { podCidr, via };
}

/** Returns the function that ends it; the routes stay until their nodes go. */
export function keepNodeRoutes(options: NodeRoutesOptions): () => Promise<void> {
  const { client, nodeName, clock, logger, run = (steps) => runSteps(steps) } = options;
  const set = new Map<string, { readonly podCidr: string; readonly via: string }>();
  const command = (args: string): Step => ({ program: "ip", args: args.split(" ") });
  let queue = Promise.resolve();
  const change = (node: string, steps: readonly Step[]) => {
    queue = queue
      .then(() => run(steps))
      .then(
        () => {},
        (error: unknown) => {
          set.delete(node);
          logger.error("cannot change a route", { node, error });
        },
      );
  };
  const informer = new Informer({ client, type: nodes, clock, logger });
  informer.onChange(({ key, current }) => {
    if (key === nodeName) return;
    const old = set.get(key);
    const wanted = current === undefined ? undefined : routeOf(current);
    if (wanted?.podCidr === old?.podCidr && wanted?.via === old?.via) return;
    const steps: Step[] = [];
    // A range may have gone to another node meanwhile: its way is not ours to take away.
    const isOthers = [...set].some(
      ([name, { podCidr }]) => name !== key && podCidr === old?.podCidr,
    );
    if (old !== undefined && old.podCidr !== wanted?.podCidr && !isOthers) {
      steps.push(command(`route del ${old.podCidr} via ${old.via}`));
    }
    if (wanted === undefined) set.delete(key);
    else {
      set.set(key, wanted);
      steps.push(command(`route replace ${wanted.podCidr} via ${wanted.via}`));
    }
    if (steps.length > 0) change(key, steps);
  });
  informer.start().catch((error: unknown) => logger.error("cannot watch nodes", { error }));
  return async () => {
    await informer.stop();
    await queue;
  };
}
