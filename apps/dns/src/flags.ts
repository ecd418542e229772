import { connectionFlags, kubeconfigFlags } from "@kubets/client";
import type { FlagTable } from "@kubets/service";

const ZONE = "Zone flags";
const SERVING = "Serving flags";

export const flags = {
  ...connectionFlags,
  ...kubeconfigFlags,
  domain: { kind: "string", default: "cluster.local", group: ZONE, help: "the cluster's domain" },
  ttl: {
    kind: "duration",
    default: 30_000,
    min: 0,
    group: ZONE,
    help: "how long clients may believe an answer",
  },
  pods: {
    kind: "string",
    default: "insecure",
    choices: ["disabled", "insecure", "verified"],
    group: ZONE,
    help: "names of pods by their address: none, for every address, or for pods that exist",
  },
  forward: {
    kind: "string",
    default: "/etc/resolv.conf",
    group: ZONE,
    help: "who knows other names: a resolv.conf, or addresses separated by commas; empty: nobody",
  },
  "replicas-host": {
    kind: "string",
    default: "",
    group: SERVING,
    help: "a host name that stands for every replica: their addresses are kept in an EndpointSlice of the Service kube-dns; absent: who started this does that",
  },
  "bind-address": {
    kind: "string",
    default: "0.0.0.0",
    group: SERVING,
    help: "address of the DNS port",
  },
  port: { kind: "int", default: 53, min: 0, group: SERVING, help: "DNS port, UDP and TCP" },
  "metrics-bind-address": {
    kind: "string",
    default: "",
    group: SERVING,
    help: "address of the HTTP port; absent: as --bind-address",
  },
  "metrics-port": {
    kind: "int",
    default: 9153,
    min: 0,
    group: SERVING,
    help: "HTTP port of /metrics, /health and /ready; 0 turns it off",
  },
} as const satisfies FlagTable;
