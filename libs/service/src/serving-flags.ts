/** The flags of a component's own HTTPS port. */
import type { FlagTable } from "./flags.ts";

/** `group`: the heading in --help. */
export function servingCertificateFlags(group: string) {
  return {
    "tls-cert-file": {
      kind: "string",
      default: "",
      group,
      help: "PEM file to serve with; absent: one made at start",
    },
    "tls-private-key-file": {
      kind: "string",
      default: "",
      group,
      help: "PEM file of the serving key",
    },
    "client-ca-file": {
      kind: "string",
      default: "",
      group,
      help: "PEM file of the authority whose client certificates are taken; absent: tokens only",
    },
  } as const satisfies FlagTable;
}

const SERVING = "Secure serving flags";

/** Upstream: staging/src/k8s.io/apiserver/pkg/server/options/serving.go @1.36 */
export function secureServingFlags(port: number) {
  return {
    "bind-address": {
      kind: "string",
      default: "0.0.0.0",
      group: SERVING,
      help: "address of the health and metrics port",
    },
    "secure-port": {
      kind: "int",
      default: port,
      min: 0,
      group: SERVING,
      help: "health and metrics port; 0 turns it off",
    },
    ...servingCertificateFlags(SERVING),
  } as const satisfies FlagTable;
}
