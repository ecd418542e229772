/**
 * The resolv.conf of a pod, by its DNS policy.
 *
 * Upstream: pkg/kubelet/network/dns/dns.go GetPodDNS @1.36
 */
import type { Pod } from "@kubets/api/core/v1";
import type { DnsConfig } from "@kubets/cri";
import { isHostNetwork, namespaceOf, specOf } from "../pod/pod-facts.ts";

export interface DnsSettings {
  /** Addresses of the cluster's DNS; none: pods use the node's. */
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  /** What the node's own resolv.conf says. */
  readonly host: DnsConfig;
}

const SERVERS_MAX = 3;
const SEARCHES_MAX = 32;
const SEARCH_CHARS_MAX = 2048;

export function podDns(pod: Pod, settings: DnsSettings): DnsConfig {
  const spec = specOf(pod);
  const base = baseDns(pod, settings);
  const extra = spec.dnsConfig ?? {};
  return limited({
    servers: unique([...base.servers, ...(extra.nameservers ?? [])]),
    searches: unique([...base.searches, ...(extra.searches ?? [])]),
    options: mergeOptions(
      base.options,
      (extra.options ?? []).map(({ name = "", value }) =>
        value === undefined ? name : `${name}:${value}`,
      ),
    ),
  });
}

function baseDns(pod: Pod, settings: DnsSettings): DnsConfig {
  const policy = specOf(pod).dnsPolicy ?? "ClusterFirst";
  if (policy === "None") return { servers: [], searches: [], options: [] };
  const wantsCluster =
    policy === "ClusterFirstWithHostNet" || (policy === "ClusterFirst" && !isHostNetwork(pod));
  // Without a cluster DNS such a pod can only use the node's.
  if (!wantsCluster || settings.clusterDns.length === 0) {
    const { servers, searches, options } = settings.host;
    return { servers: servers.length > 0 ? servers : ["127.0.0.1"], searches, options };
  }
  const domain = settings.clusterDomain;
  const own = domain === "" ? [] : [`${namespaceOf(pod)}.svc.${domain}`, `svc.${domain}`, domain];
  return {
    servers: settings.clusterDns,
    searches: unique([...own, ...settings.host.searches]),
    options: ["ndots:5"],
  };
}

function limited(config: DnsConfig): DnsConfig {
  const searches: string[] = [];
  let chars = 0;
  for (const search of config.searches.slice(0, SEARCHES_MAX)) {
    chars += search.length + (searches.length > 0 ? 1 : 0);
    if (chars > SEARCH_CHARS_MAX) break;
    searches.push(search);
  }
  return { servers: config.servers.slice(0, SERVERS_MAX), searches, options: config.options };
}

function mergeOptions(base: readonly string[], extra: readonly string[]): string[] {
  const byName = new Map<string, string>();
  for (const option of [...base, ...extra]) byName.set(option.split(":")[0] ?? "", option);
  return [...byName.values()];
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}

/** Reads what matters of a resolv.conf. */
export function parseResolvConf(text: string): DnsConfig {
  const servers: string[] = [];
  let searches: string[] = [];
  let options: string[] = [];
  for (const line of text.split("\n")) {
    const [keyword, ...values] = line.trim().split(/\s+/);
    if (keyword === "nameserver" && values[0] !== undefined) servers.push(values[0]);
    else if (keyword === "search") searches = values.filter((value) => value !== ".");
    else if (keyword === "options") options = values;
  }
  return { servers, searches, options };
}
