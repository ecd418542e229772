/**
 * Where the cluster's DNS is, for a DNS that is no pod: an EndpointSlice of the Service kube-dns with the address of
 * every replica, which a name of the surrounding network stands for. Each replica writes it, and each the same.
 */
import { isStatusError } from "@kubets/api";
import type { EndpointSlice } from "@kubets/api/discovery/v1";
import { endpointSlices, type Writer } from "@kubets/client";
import { type Clock, type Logger, type Runnable, sleep } from "@kubets/service";

export interface ReplicaEndpointsOptions {
  readonly client: Pick<Writer, "create" | "patch">;
  /** Stands for all replicas. */
  readonly hostName: string;
  /** The addresses of a name; rejects for one that nobody knows. */
  readonly resolve: (hostName: string) => Promise<readonly string[]>;
  /** Where each replica answers. */
  readonly port: number;
  readonly metricsPort: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

const NAMESPACE = "kube-system";
const SERVICE = "kube-dns";
const LOOK_MS = 2_000;

export class ReplicaEndpoints implements Runnable {
  readonly name = "replica endpoints";
  readonly #options: ReplicaEndpointsOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #published = "";

  constructor(options: ReplicaEndpointsOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#look();
      } catch (error) {
        if (!signal.aborted) logger.warn("cannot say where the DNS is; tried again", { error });
      }
      await sleep(clock, LOOK_MS, signal).catch(() => {
        // The stop ended the wait.
      });
    }
  }

  async #look(): Promise<void> {
    const { resolve, hostName, logger } = this.#options;
    const addresses = [...(await resolve(hostName))].sort();
    if (addresses.join() === this.#published) return;
    await this.#publish(this.#sliceOf(addresses));
    this.#published = addresses.join();
    logger.info("replicas of the DNS", { addresses });
  }

  async #publish(slice: EndpointSlice): Promise<void> {
    const { client } = this.#options;
    const call = { signal: this.#stopping.signal };
    const target = { namespace: NAMESPACE, name: SERVICE };
    const patch = { type: "application/merge-patch+json", body: slice } as const;
    try {
      await client.patch(endpointSlices, target, patch, call);
    } catch (error) {
      if (!isStatusError(error, "NotFound")) throw error;
      // Another replica may be first: what this look had to say, the next one says.
      await client.create(endpointSlices, slice, call);
    }
  }

  #sliceOf(addresses: readonly string[]): EndpointSlice {
    const { port, metricsPort } = this.#options;
    return {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        namespace: NAMESPACE,
        name: SERVICE,
        labels: { "kubernetes.io/service-name": SERVICE },
      },
      addressType: "IPv4",
      endpoints: addresses.map((address) => ({
        addresses: [address],
        conditions: { ready: true },
      })),
      ports: [
        { name: "dns", protocol: "UDP", port },
        { name: "dns-tcp", protocol: "TCP", port },
        { name: "metrics", protocol: "TCP", port: metricsPort },
      ],
    };
  }
}
