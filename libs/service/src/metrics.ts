/**
 * A process's metrics in Prometheus' text form. Names, labels and buckets are upstream's where upstream has the metric,
 * so that dashboards and alerts written for Kubernetes work.
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";

export type Labels = Readonly<Record<string, string>>;

export interface CounterMetric {
  inc(labels: Labels, by?: number): void;
  inc(by?: number): void;
}

export interface GaugeMetric {
  set(labels: Labels, value: number): void;
  set(value: number): void;
  inc(labels: Labels, by?: number): void;
  inc(by?: number): void;
  dec(labels: Labels, by?: number): void;
  dec(by?: number): void;
  remove(labels: Labels): void;
  reset(): void;
}

export interface HistogramMetric {
  /** In the unit of the name: seconds for `…_seconds`. */
  observe(labels: Labels, value: number): void;
  observe(value: number): void;
}

export interface MetricOptions {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

export interface GaugeOptions extends MetricOptions {
  /** Called at each scrape, for values that are cheaper to read than to keep. */
  readonly collect?: (gauge: GaugeMetric) => void;
}

export interface HistogramOptions extends MetricOptions {
  readonly buckets: readonly number[];
}

/** Upstream: k8s.io/component-base/metrics ExponentialBuckets @1.36 */
export function exponentialBuckets(options: {
  readonly start: number;
  readonly factor: number;
  readonly count: number;
}): number[] {
  return Array.from({ length: options.count }, (_, i) => options.start * options.factor ** i);
}

/** Asking twice for one name gives the same metric, so parts may share it without knowing each other. */
export class Metrics {
  readonly #registry = new Registry();

  counter(options: MetricOptions): CounterMetric {
    const { name, help, labels = [] } = options;
    return this.#once(name, Counter, () => {
      return new Counter({ name, help, labelNames: [...labels], registers: [this.#registry] });
    });
  }

  gauge(options: GaugeOptions): GaugeMetric {
    const { name, help, labels = [], collect } = options;
    return this.#once(name, Gauge, () => {
      const gauge: Gauge = new Gauge({
        name,
        help,
        labelNames: [...labels],
        registers: [this.#registry],
        ...(collect === undefined ? {} : { collect: () => collect(gauge) }),
      });
      return gauge;
    });
  }

  histogram(options: HistogramOptions): HistogramMetric {
    const { name, help, labels = [], buckets } = options;
    return this.#once(name, Histogram, () => {
      return new Histogram({
        name,
        help,
        labelNames: [...labels],
        buckets: [...buckets],
        registers: [this.#registry],
      });
    });
  }

  /** The body of /metrics. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** One name with two kinds is a mistake of the program. */
  #once<M>(name: string, kind: abstract new (...args: never[]) => M, make: () => M): M {
    const existing: unknown = this.#registry.getSingleMetric(name);
    if (existing === undefined) return make();
    if (existing instanceof kind) return existing;
    throw new TypeError(`metric ${name} is already there as another kind`);
  }
}
