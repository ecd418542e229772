/** The cluster's DNS as one part of a process: informers, zone, forwarder and sockets. */
import type { Namespace, Pod, Service } from "@kubets/api/core/v1";
import type { EndpointSlice } from "@kubets/api/discovery/v1";
import {
  Informer,
  type InformerRunnable,
  namespaces as namespacesType,
  pods as podsType,
  type Reader,
  services as servicesType,
  endpointSlices as slicesType,
} from "@kubets/client";
import type { Clock, Logger, Metrics, Runnable } from "@kubets/service";
import { AnswerCache } from "./answer-cache.ts";
import { Answerer } from "./answerer.ts";
import { CachingForwarder } from "./caching-forwarder.ts";
import { clusterView, podIndexers, serviceIndexers, sliceIndexers } from "./cluster-view.ts";
import { createDnsMetrics, typeLabel } from "./dns-metrics.ts";
import { DnsServer } from "./dns-server.ts";
import { Forwarder, type Resolver } from "./forwarder.ts";
import { Zone, type ZoneSettings } from "./zone.ts";

export interface ClusterDnsOptions {
  readonly client: Reader;
  readonly zone: ZoneSettings;
  readonly address: string;
  readonly port: number;
  /** Who is asked for names outside the cluster. */
  readonly resolvers: readonly Resolver[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly random: () => number;
}

export class ClusterDns implements Runnable {
  readonly name = "cluster dns";
  readonly #informers: readonly InformerRunnable[];
  readonly #server: DnsServer;
  readonly #stopping = new AbortController();
  #serial = 0;

  constructor(options: ClusterDnsOptions) {
    const { client, clock, logger, zone: settings } = options;
    const common = { client, clock, logger };
    const namespaces = new Informer<Namespace>({
      ...common,
      type: namespacesType,
      transform: nameOnly,
    });
    const services = new Informer<Service>({
      ...common,
      type: servicesType,
      indexers: serviceIndexers,
      transform: lean,
    });
    const slices = new Informer<EndpointSlice>({
      ...common,
      type: slicesType,
      indexers: sliceIndexers,
      transform: lean,
    });
    // Only then is it worth the memory to know every pod.
    const pods =
      settings.pods === "verified"
        ? new Informer<Pod>({
            ...common,
            type: podsType,
            indexers: podIndexers,
            transform: addressesOnly,
          })
        : undefined;
    this.#informers = [namespaces, services, slices, ...(pods === undefined ? [] : [pods])];
    const isChanged = () => {
      this.#serial = Math.floor(clock.now() / 1000);
    };
    services.onChange(isChanged);
    slices.onChange(isChanged);
    const view = clusterView({
      namespaces: namespaces.store,
      services: services.store,
      slices: slices.store,
      ...(pods === undefined ? {} : { pods: pods.store }),
    });
    const metrics = createDnsMetrics(options.metrics);
    const server = `dns://:${options.port}`;
    const forwarder = new Forwarder({
      resolvers: options.resolvers,
      clock,
      onTry: ({ resolver, seconds, answer }) =>
        metrics.forwardSeconds.observe(
          {
            proxy_name: "forward",
            to: `${resolver.address}:${resolver.port}`,
            rcode: answer === undefined ? "timeout" : String(answer.readUInt16BE(2) & 0xf),
          },
          seconds,
        ),
    });
    this.#server = new DnsServer({
      address: options.address,
      port: options.port,
      clock,
      logger,
      answerer: new Answerer({
        zone: new Zone(settings, view),
        domain: settings.domain,
        isReady: () => this.isReady,
        serial: () => this.#serial,
        random: options.random,
        forwarder: new CachingForwarder({
          forwarder,
          cache: new AnswerCache(),
          clock,
          onLookup: (type) => {
            if (type === undefined) metrics.cacheMisses.inc({ server, zones: "." });
            else metrics.cacheHits.inc({ server, type, zones: "." });
          },
        }),
      }),
      onHandled: (handled, { protocol, family, seconds }) => {
        const zone = handled.zone === "." ? "." : `${handled.zone}.`;
        const plugin = handled.zone === "." ? "forward" : "kubernetes";
        const type = typeLabel(handled.type);
        metrics.requests.inc({ server, zone, proto: protocol, family, type });
        metrics.responses.inc({ server, zone, rcode: handled.rcode, plugin });
        metrics.requestSeconds.observe({ server, zone }, seconds);
        if (handled.zone === "." && handled.rcode === "REFUSED") metrics.forwardRejected.inc();
      },
    });
  }

  /** Everything that the records come from has been listed. */
  get isReady(): boolean {
    return this.#informers.every((informer) => informer.hasSynced);
  }
  get port(): number {
    return this.#server.port;
  }

  /** Listens at once: names outside the cluster need no informer. */
  async start(): Promise<void> {
    for (const informer of this.#informers) await informer.start(this.#stopping.signal);
    await this.#server.start();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error("dns stops"));
    await this.#server.stop();
    await Promise.all(this.#informers.map((informer) => informer.stop()));
  }
}

function lean<T extends Service | EndpointSlice>(object: T): T {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function identity({ metadata }: Namespace | Pod) {
  const { name, namespace, uid, resourceVersion } = metadata;
  return { name, namespace, uid, resourceVersion };
}
const nameOnly = (namespace: Namespace): Namespace => ({
  apiVersion: namespace.apiVersion,
  kind: namespace.kind,
  metadata: identity(namespace),
});
const addressesOnly = (pod: Pod): Pod => ({
  apiVersion: pod.apiVersion,
  kind: pod.kind,
  metadata: identity(pod),
  status: { podIPs: pod.status?.podIPs ?? [] },
});
