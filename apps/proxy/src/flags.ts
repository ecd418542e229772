import { connectionFlags, kubeconfigFlags } from "@kubets/client";
import type { FlagTable } from "@kubets/service";

const API = "API server flags";
const RULES = "Rule flags";
const SERVING = "Serving flags";

/** Upstream: cmd/kube-proxy/app/options.go AddFlags @1.36 */
export const flags = {
  ...connectionFlags,
  ...kubeconfigFlags,
  "hostname-override": {
    kind: "string",
    default: "",
    group: API,
    help: "name of this node; absent: the machine's",
  },
  "proxy-mode": {
    kind: "string",
    default: "nftables",
    choices: ["nftables"],
    group: RULES,
    help: "what carries the rules",
  },
  "cluster-cidr": {
    kind: "list",
    default: [],
    group: RULES,
    help: "ranges of the pods' addresses; traffic to a cluster IP from elsewhere is masqueraded",
  },
  "detect-local-mode": {
    kind: "string",
    default: "ClusterCIDR",
    choices: ["ClusterCIDR", "NodeCIDR", "BridgeInterface", "InterfaceNamePrefix"],
    group: RULES,
    help: "how traffic of this node's pods is told from other traffic",
  },
  "pod-bridge-interface": {
    kind: "string",
    default: "",
    group: RULES,
    help: "the bridge, for --detect-local-mode=BridgeInterface",
  },
  "pod-interface-name-prefix": {
    kind: "string",
    default: "",
    group: RULES,
    help: "the prefix, for --detect-local-mode=InterfaceNamePrefix",
  },
  "service-cluster-ip-range": {
    kind: "list",
    default: [],
    group: RULES,
    help: "drop traffic to addresses in these ranges that no Service has",
  },
  "nodeport-addresses": {
    kind: "list",
    default: ["primary"],
    group: RULES,
    help: "ranges of the addresses that take NodePort traffic, or 'primary' for the Node's own",
  },
  "masquerade-all": {
    kind: "bool",
    default: false,
    group: RULES,
    help: "masquerade all traffic to cluster IPs",
  },
  "nftables-masquerade-bit": {
    kind: "int",
    default: 14,
    min: 0,
    group: RULES,
    help: "bit of the packet mark that asks for masquerading (0 to 31)",
  },
  "nftables-min-sync-period": {
    kind: "duration",
    default: 0,
    min: 0,
    group: RULES,
    help: "least time between two syncs",
  },
  "nftables-sync-period": {
    kind: "duration",
    default: 30_000,
    min: 1,
    group: RULES,
    help: "how often the rules are looked at when nothing changes",
  },
  "ip-families": {
    kind: "list",
    default: ["IPv4", "IPv6"],
    choices: ["IPv4", "IPv6"],
    group: RULES,
    help: "address families to write rules for",
  },
  "healthz-bind-address": {
    kind: "string",
    default: "0.0.0.0:10256",
    group: SERVING,
    help: "address of /healthz and /livez; empty turns it off",
  },
  "metrics-bind-address": {
    kind: "string",
    default: "127.0.0.1:10249",
    group: SERVING,
    help: "address of /metrics, open to everybody who reaches it; empty turns it off",
  },
} as const satisfies FlagTable;
