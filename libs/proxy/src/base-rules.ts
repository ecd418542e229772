/**
 * The part of the table that does not depend on any Service: hooks, shared maps, and the chains between them.
 *
 * Upstream: pkg/proxy/nftables/proxier.go setupNFTables @1.36
 */
import type { Family } from "./rule-set.ts";

export const TABLE = "kube-proxy";

export interface BaseSettings {
  readonly family: Family;
  /** --nftables-masquerade-bit */
  readonly masqueradeBit: number;
  /** Node ports answer on every address of the node instead of those in the set nodeport-ips. */
  readonly nodePortsEverywhere: boolean;
  /** The cluster's Service ranges of this family. */
  readonly serviceCidrs: readonly string[];
}

/** Just before and just after the kernel's usual place for destination NAT. */
const BEFORE_DNAT = -110;
const AFTER_DNAT = -90;

interface BaseChain {
  readonly name: string;
  readonly hook?: string;
  readonly rules: readonly string[];
}

export function baseStatements(settings: BaseSettings): string[] {
  const { family } = settings;
  const address = family === "ip" ? "ipv4_addr" : "ipv6_addr";
  const table = `${family} ${TABLE}`;
  const maps = [
    ["no-endpoint-services", `${address} . inet_proto . inet_service`],
    ["no-endpoint-nodeports", "inet_proto . inet_service"],
    ["firewall-ips", `${address} . inet_proto . inet_service`],
    ["service-ips", `${address} . inet_proto . inet_service`],
    ["service-nodeports", "inet_proto . inet_service"],
  ];
  const chains = baseChains(settings);
  return [
    // One transaction: there is no moment without rules.
    `add table ${table}`,
    `delete table ${table}`,
    `add table ${table} { comment "rules for kube-proxy" ; }`,
    `add set ${table} cluster-ips { type ${address} ; comment "Active ClusterIPs" ; }`,
    `add set ${table} nodeport-ips { type ${address} ; comment "IPs that accept NodePort traffic" ; }`,
    ...maps.map(([name, type]) => `add map ${table} ${name} { type ${type} : verdict ; }`),
    ...chains.map(({ name, hook }) =>
      hook === undefined
        ? `add chain ${table} ${name}`
        : `add chain ${table} ${name} { type ${hook} ; }`,
    ),
    ...chains.flatMap(({ name, rules }) =>
      rules.map((rule) => `add rule ${table} ${name} ${rule}`),
    ),
  ];
}

/** How many rules each of the table's own chains has. */
export function baseRuleCounts(settings: BaseSettings): ReadonlyMap<string, number> {
  return new Map(baseChains(settings).map(({ name, rules }) => [name, rules.length]));
}

function baseChains(settings: BaseSettings): BaseChain[] {
  const { family, masqueradeBit, nodePortsEverywhere, serviceCidrs } = settings;
  const mark = `0x${(2 ** masqueradeBit).toString(16)}`;
  const destination = `${family} daddr . meta l4proto . th dport`;
  const onNode = nodePortsEverywhere
    ? `fib daddr type local ${family} daddr != ${family === "ip" ? "127.0.0.0/8" : "::1"}`
    : `${family} daddr @nodeport-ips`;
  const filter = (hook: string, priority: number) => `filter hook ${hook} priority ${priority}`;
  const nat = (hook: string, priority: number) => `nat hook ${hook} priority ${priority}`;
  return [
    { name: "mark-for-masquerade", rules: [`meta mark set meta mark or ${mark}`] },
    {
      name: "masquerading",
      rules: [
        `meta mark and ${mark} == 0 return`,
        `meta mark set meta mark xor ${mark}`,
        "masquerade fully-random",
      ],
    },
    {
      // Where upstream answers TCP with ICMP: over a veth pair that comes back before connect() has let go of its socket,
      // which then ignores it and tries again a second later. A reset waits for the socket.
      name: "reject-chain",
      rules: ["meta l4proto tcp reject with tcp reset", "reject"],
    },
    { name: "firewall-check", rules: [`${destination} vmap @firewall-ips`] },
    { name: "service-endpoints-check", rules: [`${destination} vmap @no-endpoint-services`] },
    {
      name: "nodeport-endpoints-check",
      rules: [`${onNode} meta l4proto . th dport vmap @no-endpoint-nodeports`],
    },
    {
      name: "cluster-ips-check",
      rules: [
        `${family} daddr @cluster-ips goto reject-chain comment "Reject traffic to invalid ports of ClusterIPs"`,
        ...(serviceCidrs.length === 0
          ? []
          : [
              `${family} daddr { ${serviceCidrs.join(", ")} } drop comment "Drop traffic to unallocated ClusterIPs"`,
            ]),
      ],
    },
    {
      name: "services",
      rules: [
        `${destination} vmap @service-ips`,
        `${onNode} meta l4proto . th dport vmap @service-nodeports`,
      ],
    },
    {
      name: "filter-prerouting",
      hook: filter("prerouting", BEFORE_DNAT),
      rules: ["ct state new jump firewall-check"],
    },
    {
      name: "filter-input",
      hook: filter("input", BEFORE_DNAT),
      rules: [
        "ct state new jump nodeport-endpoints-check",
        "ct state new jump service-endpoints-check",
      ],
    },
    {
      name: "filter-forward",
      hook: filter("forward", BEFORE_DNAT),
      rules: ["ct state new jump service-endpoints-check", "ct state new jump cluster-ips-check"],
    },
    {
      name: "filter-output",
      hook: filter("output", BEFORE_DNAT),
      rules: ["ct state new jump firewall-check"],
    },
    {
      // What was sent on to an endpoint has another destination by now, so only what nobody takes is refused here.
      name: "filter-output-post-dnat",
      hook: filter("output", AFTER_DNAT),
      rules: ["ct state new jump service-endpoints-check", "ct state new jump cluster-ips-check"],
    },
    { name: "nat-prerouting", hook: nat("prerouting", -100), rules: ["jump services"] },
    { name: "nat-output", hook: nat("output", -100), rules: ["jump services"] },
    { name: "nat-postrouting", hook: nat("postrouting", 100), rules: ["jump masquerading"] },
  ];
}
