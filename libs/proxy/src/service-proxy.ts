/**
 * The proxy of one node: follows Services, EndpointSlices and its Node, gathers changes for a moment and brings the
 * kernel's rules there. Level-triggered: what is marked is a Service's name, what is read is the store.
 */
import type { Node, Service } from "@kubets/api/core/v1";
import type { EndpointSlice } from "@kubets/api/discovery/v1";
import {
  Informer,
  type InformerRunnable,
  nodes,
  type Reader,
  services as servicesType,
  endpointSlices as slicesType,
} from "@kubets/client";
import type { Clock, Logger, Metrics, Runnable } from "@kubets/service";
import type { RuleSettings } from "./family-rules.ts";
import type { Kernel } from "./kernel.ts";
import type { LocalMode } from "./local-traffic.ts";
import { type NodePortSetting, type NodeView, nodeView } from "./node-view.ts";
import { createProxyMetrics, type ProxyMetrics } from "./proxy-metrics.ts";
import type { Family } from "./rule-set.ts";
import { RuleSync, SERVICE_INDEX } from "./rule-sync.ts";
import { checkedService, ServiceHealth } from "./service-health.ts";
import { type RunResult, SyncTimer } from "./sync-timer.ts";

export interface ServiceProxyOptions {
  readonly client: Reader;
  readonly nodeName: string;
  readonly families: readonly Family[];
  /** For the mode NodeCIDR the ranges are taken from the Node. */
  readonly localMode: LocalMode;
  readonly nodePortAddresses: NodePortSetting;
  readonly masqueradeAll: boolean;
  readonly masqueradeBit: number;
  /** Traffic to addresses in these ranges that no Service has is dropped. */
  readonly serviceCidrs: readonly string[];
  /** No two syncs begin closer together. */
  readonly minSyncPeriodMs: number;
  /** How often the rules are looked at when nothing changes; what somebody removed comes back. */
  readonly syncPeriodMs: number;
  readonly kernel: Kernel;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Slices and Services of other proxies, and of headless Services, are not even sent here. */
const SELECTOR = "!service.kubernetes.io/service-proxy-name,!service.kubernetes.io/headless";
const SERVICE_NAME_LABEL = "kubernetes.io/service-name";
/** Services with a health check port. */
const CHECKED_INDEX = "health check";
const CHECKED = "yes";
const ANY_ADDRESS = ["0.0.0.0"];
const GATHER_MS = 5;
/** While changes keep coming, those of this time are one sync. */
const GATHER_PERIOD_MS = 50;

export class ServiceProxy implements Runnable {
  readonly name = "proxy";
  readonly #options: ServiceProxyOptions;
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #nodes: Informer<Node>;
  readonly #sync: RuleSync;
  readonly #timer: SyncTimer;
  readonly #health: ServiceHealth;
  readonly #metrics: ProxyMetrics;
  readonly #stopping = new AbortController();
  #view: NodeView;
  #started = false;

  constructor(options: ServiceProxyOptions) {
    this.#options = options;
    const { client, clock, logger, nodeName } = options;
    this.#metrics = createProxyMetrics(options.metrics);
    this.#services = new Informer({
      client,
      type: servicesType,
      clock,
      logger,
      labelSelector: SELECTOR,
      transform: lean,
      indexers: { [CHECKED_INDEX]: ({ spec }) => (spec?.healthCheckNodePort ? [CHECKED] : []) },
    });
    this.#slices = new Informer({
      client,
      type: slicesType,
      clock,
      logger,
      labelSelector: SELECTOR,
      transform: lean,
      indexers: { [SERVICE_INDEX]: (slice) => [serviceOf(slice)] },
    });
    this.#nodes = new Informer({
      client,
      type: nodes,
      clock,
      logger,
      fieldSelector: `metadata.name=${nodeName}`,
    });
    this.#view = nodeView(undefined, nodeName, options.nodePortAddresses);
    this.#sync = new RuleSync({
      families: options.families,
      services: this.#services.store,
      slices: this.#slices.store,
      kernel: options.kernel,
      clock,
      logger,
      metrics: this.#metrics,
      // A timer that fires a little early must not wait for its next turn.
      lookPeriodMs: options.syncPeriodMs * 0.9,
    });
    this.#timer = new SyncTimer({
      clock,
      gatherMs: GATHER_MS,
      minPeriodMs: Math.max(options.minSyncPeriodMs, GATHER_PERIOD_MS),
      maxPeriodMs: options.syncPeriodMs,
      run: () => this.#runOnce(),
    });
    this.#health = new ServiceHealth({ isHealthy: () => this.#sync.hasSynced, logger });
    this.#follow();
  }

  /** Every rule is in the kernel, as far as the API has told. */
  get hasSynced(): boolean {
    return this.#sync.hasSynced;
  }
  /** When the rules were last right, and since when something waits; for /healthz. Milliseconds of the wall clock. */
  get progress(): { readonly lastSyncMs: number; readonly waitingSinceMs: number | undefined } {
    return this.#sync.progress;
  }
  /** A node that is being deleted should get no more traffic from load balancers. */
  get isNodeEligible(): boolean {
    return this.#view.isEligible;
  }

  async start(signal: AbortSignal): Promise<void> {
    const informers: readonly InformerRunnable[] = [this.#nodes, this.#services, this.#slices];
    for (const informer of informers) await informer.start(this.#stopping.signal);
    const ready = Promise.all(informers.map((informer) => informer.waitForSync(signal)));
    // The port answers meanwhile; rules are written once everything is known, so that none is lost for a moment.
    ready.then(
      () => {
        this.#started = true;
        this.#timer.poke();
      },
      (error: unknown) => {
        if (!this.#stopping.signal.aborted) {
          this.#options.logger.error("cannot read the cluster's Services", { error });
        }
      },
    );
  }

  /** The rules stay: connections go on while a proxy is replaced. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error("the proxy stops"));
    await this.#timer.stop();
    this.#health.stop();
    this.#options.kernel.close();
    await Promise.all([this.#services.stop(), this.#slices.stop(), this.#nodes.stop()]);
  }

  async #runOnce(): Promise<RunResult> {
    const result = await this.#sync.run(this.#settings(), this.#stopping.signal);
    const services = this.#services.store
      .byIndex(CHECKED_INDEX, CHECKED)
      .map((service) =>
        checkedService(
          service,
          this.#slices.store.byIndex(
            SERVICE_INDEX,
            `${service.metadata.namespace ?? ""}/${service.metadata.name ?? ""}`,
          ),
          this.#options.nodeName,
        ),
      )
      .filter((service) => service !== undefined);
    this.#health.sync(services, this.#view.nodePortAddresses ?? ANY_ADDRESS);
    return result;
  }

  #settings(): RuleSettings {
    const { localMode, masqueradeAll, masqueradeBit, serviceCidrs } = this.#options;
    return {
      place: this.#view.place,
      localMode:
        localMode.mode === "NodeCIDR" ? { ...localMode, cidrs: this.#view.podCidrs } : localMode,
      masqueradeAll,
      masqueradeBit,
      nodePortAddresses: this.#view.nodePortAddresses,
      serviceCidrs,
    };
  }

  #follow(): void {
    this.#services.onChange(({ key }) => this.#mark(key, "service"));
    this.#slices.onChange(({ old, current }) => {
      for (const slice of [old, current]) {
        if (slice !== undefined) this.#mark(serviceOf(slice), "endpoints");
      }
      if (current !== undefined) this.#sync.noteTrigger(current);
    });
    this.#nodes.onChange(({ current }) => {
      const { nodeName, nodePortAddresses } = this.#options;
      const view = nodeView(current, nodeName, nodePortAddresses);
      if (JSON.stringify(view) === JSON.stringify(this.#view)) return;
      this.#view = view;
      this.#sync.markAll();
      this.#poke();
    });
  }

  #mark(service: string, why: "service" | "endpoints"): void {
    this.#sync.mark(service, why);
    this.#poke();
  }

  #poke(): void {
    if (this.#started) this.#timer.poke();
  }
}

/** Nobody here reads who wrote an object. */
function lean<T extends Service | EndpointSlice>(object: T): T {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function serviceOf(slice: EndpointSlice): string {
  const { namespace = "", labels } = slice.metadata;
  return `${namespace}/${labels?.[SERVICE_NAME_LABEL] ?? ""}`;
}
