import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import type { ApiserverConfig } from "./flags.ts";

/**
 * Where members of the cluster reach this server: what the flags say, or the machine's first address that
 * others can reach.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/net/interface.go ResolveBindAddress @1.36
 */
export function advertisedAddress(config: ApiserverConfig): string {
  for (const flag of ["advertise-address", "bind-address"] as const) {
    const address = config[flag];
    if (isIP(address) !== 0 && !isUnreachable(address)) return address;
  }
  for (const addresses of Object.values(networkInterfaces())) {
    const found = addresses?.find(({ internal, family }) => !internal && family === "IPv4");
    if (found !== undefined) return found.address;
  }
  return config["bind-address"];
}

function isUnreachable(address: string): boolean {
  return (
    address === "0.0.0.0" || address === "::" || address === "::1" || address.startsWith("127.")
  );
}
