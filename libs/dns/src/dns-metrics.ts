/** CoreDNS's names, so that its dashboards work. */
import { exponentialBuckets, type Metrics } from "@kubets/service";

export function createDnsMetrics(metrics: Metrics) {
  const seconds = exponentialBuckets({ start: 0.00025, factor: 2, count: 16 });
  return {
    requests: metrics.counter({
      name: "coredns_dns_requests_total",
      help: "Counter of DNS requests made per zone, protocol and family.",
      labels: ["server", "zone", "proto", "family", "type"],
    }),
    responses: metrics.counter({
      name: "coredns_dns_responses_total",
      help: "Counter of response status codes.",
      labels: ["server", "zone", "rcode", "plugin"],
    }),
    requestSeconds: metrics.histogram({
      name: "coredns_dns_request_duration_seconds",
      help: "Histogram of the time (in seconds) each request took per zone.",
      labels: ["server", "zone"],
      buckets: seconds,
    }),
    forwardSeconds: metrics.histogram({
      name: "coredns_proxy_request_duration_seconds",
      help: "Histogram of the time each request took.",
      labels: ["proxy_name", "to", "rcode"],
      buckets: seconds,
    }),
    cacheHits: metrics.counter({
      name: "coredns_cache_hits_total",
      help: "The count of cache hits.",
      labels: ["server", "type", "zones"],
    }),
    cacheMisses: metrics.counter({
      name: "coredns_cache_misses_total",
      help: "The count of cache misses.",
      labels: ["server", "zones"],
    }),
    forwardRejected: metrics.counter({
      name: "coredns_forward_max_concurrent_rejects_total",
      help: "Counter of the number of queries rejected because the concurrent queries were at maximum.",
    }),
  };
}

/** Types that have a value of their own; a client cannot make up more. */
const KNOWN_TYPES = new Set([
  "A",
  "AAAA",
  "CNAME",
  "DNSKEY",
  "DS",
  "MX",
  "NAPTR",
  "NS",
  "PTR",
  "RRSIG",
  "SOA",
  "SRV",
  "TXT",
]);
export const typeLabel = (type: string) => (KNOWN_TYPES.has(type) ? type : "other");
