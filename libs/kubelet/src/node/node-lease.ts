/**
 * The node's heartbeat: a lease in kube-node-lease, renewed every quarter of its duration.
 *
 * Upstream: staging/src/k8s.io/component-helpers/apimachinery/lease/controller.go @1.36
 */
import { formatMicroTime, isStatusError } from "@kubets/api";
import type { Lease } from "@kubets/api/coordination/v1";
import type { Node } from "@kubets/api/core/v1";
import { type Client, leases } from "@kubets/client";
import { type Clock, type Logger, type Runnable, sleep } from "@kubets/service";

export interface NodeLeaseOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly nodeName: string;
  /** The node as the API has it, which then owns the lease. */
  readonly node: () => Node | undefined;
  /** Default 40. Upstream: nodeLeaseDurationSeconds. */
  readonly durationSeconds?: number;
}

const NAMESPACE = "kube-node-lease";
const RETRY_MS_MIN = 200;
const RETRY_MS_MAX = 7000;
const RENEW_FRACTION = 0.25;
const UPDATE_TRIES = 5;

export class NodeLease implements Runnable {
  readonly name = "node-lease";
  readonly #options: NodeLeaseOptions;
  readonly #stopping = new AbortController();
  #last: Lease | undefined;
  #task: Promise<void> | undefined;

  constructor(options: NodeLeaseOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#task = this.#runForever();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#task;
  }

  async #runForever(): Promise<void> {
    const { clock, logger, durationSeconds = 40 } = this.#options;
    const { signal } = this.#stopping;
    let failures = 0;
    while (!signal.aborted) {
      let delayMs = durationSeconds * 1000 * RENEW_FRACTION;
      try {
        await this.#renew(signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        logger.warn("the node's lease could not be renewed", { error });
        delayMs = Math.min(RETRY_MS_MIN * 2 ** failures, RETRY_MS_MAX);
        failures += 1;
      }
      await sleep(clock, delayMs, signal).catch(() => {});
    }
  }

  async #renew(signal: AbortSignal): Promise<void> {
    const { client, nodeName } = this.#options;
    for (let tries = 0; tries < UPDATE_TRIES; tries++) {
      const base = this.#last ?? (await this.#getOrCreate(signal));
      if (base === undefined) return;
      try {
        this.#last = await client.update(leases, this.#renewed(base), { signal });
        return;
      } catch (error) {
        this.#last = undefined;
        if (!isStatusError(error, "Conflict") && !isStatusError(error, "NotFound")) throw error;
      }
    }
    this.#options.logger.warn("the node's lease is being changed by others", { nodeName });
  }

  /** Undefined when it was just made, which renews it too. */
  async #getOrCreate(signal: AbortSignal): Promise<Lease | undefined> {
    const { client, nodeName } = this.#options;
    try {
      return await client.get(leases, NAMESPACE, nodeName, { signal });
    } catch (error) {
      if (!isStatusError(error, "NotFound")) throw error;
    }
    const lease: Lease = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: nodeName, namespace: NAMESPACE },
    };
    this.#last = await client.create(leases, this.#renewed(lease), { signal });
    return undefined;
  }

  #renewed(lease: Lease): Lease {
    const { clock, nodeName, durationSeconds = 40 } = this.#options;
    const node = this.#options.node();
    const owner =
      node?.metadata.uid === undefined
        ? lease.metadata.ownerReferences
        : [{ apiVersion: "v1", kind: "Node", name: nodeName, uid: node.metadata.uid }];
    return {
      ...lease,
      metadata: { ...lease.metadata, ...(owner === undefined ? {} : { ownerReferences: owner }) },
      spec: {
        ...lease.spec,
        holderIdentity: nodeName,
        leaseDurationSeconds: durationSeconds,
        renewTime: formatMicroTime(clock.now()),
      },
    };
  }
}
