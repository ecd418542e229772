/** The endpoints of a headless Service by their DNS names. */
import type { EndpointSlice } from "@kubets/api/discovery/v1";
import { dashedName } from "./reverse-name.ts";

export interface EndpointName {
  readonly hostname: string;
  readonly address: string;
  readonly ports: readonly {
    readonly name?: string | undefined;
    readonly protocol?: string | undefined;
    readonly port: number;
  }[];
}

/** Ready endpoints only. One that is in two slices while they are rewritten counts once. */
export function endpointNames(slices: readonly EndpointSlice[]): EndpointName[] {
  const found = new Map<string, EndpointName>();
  for (const slice of slices) {
    if (slice.addressType === "FQDN") continue;
    const ports = (slice.ports ?? []).flatMap(({ name, protocol, port }) =>
      port === undefined ? [] : [{ name, protocol, port }],
    );
    for (const { addresses, conditions, hostname } of slice.endpoints ?? []) {
      if (conditions?.ready === false) continue;
      for (const address of addresses) {
        const key = `${address} ${ports.map(({ port }) => port).join()}`;
        found.set(key, {
          hostname: hostname === undefined || hostname === "" ? dashedName(address) : hostname,
          address,
          ports,
        });
      }
    }
  }
  return [...found.values()];
}

/** Ports by the labels of a question; names compare without case, an absent protocol is TCP. */
export function portsNamed<
  P extends { readonly name?: string | undefined; readonly protocol?: string | undefined },
>(ports: readonly P[], name: string, protocol: string): P[] {
  return ports.filter(
    (port) =>
      port.name !== undefined &&
      port.name.toLowerCase() === name &&
      (port.protocol ?? "TCP").toLowerCase() === protocol,
  );
}
