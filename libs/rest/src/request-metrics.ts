/** Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/metrics/metrics.go @1.36 */
import type { ResourceInfo } from "@kubets/api";
import type { Registry } from "@kubets/registry";
import { type InFlightLimits, isLongRunning, type RequestContext } from "@kubets/request";
import type { CounterMetric, GaugeMetric, HistogramMetric, Metrics } from "@kubets/service";

const requestLabels = [
  "verb",
  "dry_run",
  "group",
  "version",
  "resource",
  "subresource",
  "scope",
  "component",
];
const durationBuckets = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45,
  60,
];

export class RequestMetrics {
  readonly #registry: Registry;
  readonly #total: CounterMetric;
  readonly #duration: HistogramMetric;
  readonly #longRunning: GaugeMetric;
  readonly #watchEvents: CounterMetric;
  /** Since the last scrape. */
  readonly #watchEventsSince = new Map<ResourceInfo, number>();

  constructor(metrics: Metrics, inFlight: InFlightLimits, registry: Registry) {
    this.#registry = registry;
    // The first metric to be made, so that what its scrape adds up is in the others already.
    metrics.gauge({
      name: "apiserver_current_inflight_requests",
      help: "Requests under way that count towards the limits.",
      labels: ["request_kind"],
      collect: (gauge) => {
        this.#countWatchEvents();
        gauge.set({ request_kind: "readOnly" }, inFlight.underWay("readOnly"));
        gauge.set({ request_kind: "mutating" }, inFlight.underWay("mutating"));
      },
    });
    this.#total = metrics.counter({
      name: "apiserver_request_total",
      help: "Requests by verb, resource and HTTP response code.",
      labels: [...requestLabels, "code"],
    });
    this.#duration = metrics.histogram({
      name: "apiserver_request_duration_seconds",
      help: "Response latency by verb and resource; long-running requests are left out.",
      labels: requestLabels,
      buckets: durationBuckets,
    });
    this.#longRunning = metrics.gauge({
      name: "apiserver_longrunning_requests",
      help: "Long-running requests under way.",
      labels: ["verb", "group", "version", "resource", "subresource", "scope", "component"],
    });
    this.#watchEvents = metrics.counter({
      name: "apiserver_watch_events_total",
      help: "Events sent to watches.",
      labels: ["group", "version", "resource"],
    });
    metrics.gauge({
      name: "apiserver_current_inqueue_requests",
      help: "Requests that wait for others to end.",
      labels: ["request_kind"],
      collect: (gauge) => {
        gauge.set({ request_kind: "readOnly" }, inFlight.waiting("readOnly"));
        gauge.set({ request_kind: "mutating" }, inFlight.waiting("mutating"));
      },
    });
  }
  /** Returns the function for its end. */
  began(context: RequestContext): (code: number, nowMs: number) => void {
    const labels = labelsOf(context, this.#registry);
    if (isLongRunning(context.info)) {
      const { dry_run: _dryRun, ...gaugeLabels } = labels;
      this.#longRunning.inc(gaugeLabels);
      return (code) => {
        this.#longRunning.dec(gaugeLabels);
        this.#total.inc({ ...labels, code: String(code) });
      };
    }
    return (code, nowMs) => {
      this.#total.inc({ ...labels, code: String(code) });
      this.#duration.observe(labels, (nowMs - context.startedMs) / 1_000);
    };
  }
  /** Added up by hand: finding a counter by its labels costs as much as writing an event. */
  watchEvents(of: ResourceInfo, count: number): void {
    this.#watchEventsSince.set(of, (this.#watchEventsSince.get(of) ?? 0) + count);
  }
  #countWatchEvents(): void {
    for (const [{ group, version, resource }, count] of this.#watchEventsSince) {
      this.#watchEvents.inc({ group, version, resource }, count);
    }
    this.#watchEventsSince.clear();
  }
}

interface RequestLabels extends Readonly<Record<string, string>> {
  readonly verb: string;
  readonly dry_run: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly scope: string;
  readonly component: string;
}

const knownVerbs: Readonly<Record<string, string>> = {
  get: "GET",
  list: "LIST",
  watch: "WATCH",
  create: "POST",
  update: "PUT",
  patch: "PATCH",
  delete: "DELETE",
  deletecollection: "DELETECOLLECTION",
};

/** What is not served shares a label: clients must not be able to make series. */
function labelsOf({ info, request }: RequestContext, registry: Registry): RequestLabels {
  const served = info.isResourceRequest
    ? registry.info(info.apiGroup, info.apiVersion, info.resource)
    : undefined;
  const isKnown = served !== undefined && Object.hasOwn(knownVerbs, info.verb);
  const isDry = isKnown && isMutating(info.verb) && request.options().dryRun.length > 0;
  const hasSubresource = served?.subresources.some(({ name }) => name === info.subresource);
  return {
    verb: isKnown ? (knownVerbs[info.verb] ?? "other") : info.verb === "get" ? "GET" : "other",
    dry_run: isDry ? "All" : "",
    group: served?.group ?? "",
    version: served?.version ?? "",
    resource: served?.resource ?? "",
    subresource: hasSubresource === true ? info.subresource : "",
    scope: scopeOf(info),
    component: "apiserver",
  };
}

function isMutating(verb: string): boolean {
  return verb === "create" || verb === "update" || verb === "patch";
}

function scopeOf(info: RequestContext["info"]): string {
  if (!info.isResourceRequest) return "";
  if (info.name !== "" || info.verb === "create") return "resource";
  return info.namespace === "" ? "cluster" : "namespace";
}
