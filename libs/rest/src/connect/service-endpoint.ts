/** Upstream: pkg/registry/core/service/storage/storage.go ResourceLocation @1.36 */
import type { Service } from "@kubets/api/core/v1";
import type { EndpointSlice } from "@kubets/api/discovery/v1";

export interface ServiceEndpoint {
  readonly host: string;
  readonly port: number;
}

/** A ready endpoint for a port by name or number; undefined where there is none. */
export function chooseServiceEndpoint(
  service: Service,
  slices: readonly EndpointSlice[],
  port: string,
  random: () => number,
): ServiceEndpoint | undefined {
  const ports = service.spec?.ports ?? [];
  const wanted =
    port === "" && ports.length === 1
      ? ports[0]
      : ports.find((each) => each.name === port || String(each.port) === port);
  if (wanted === undefined) return undefined;
  const candidates: ServiceEndpoint[] = [];
  for (const slice of slices) {
    const target = slice.ports?.find((each) => (each.name ?? "") === (wanted.name ?? ""))?.port;
    if (target === undefined) continue;
    for (const endpoint of slice.endpoints ?? []) {
      if (endpoint.conditions?.ready === false) continue;
      for (const host of endpoint.addresses ?? []) candidates.push({ host, port: target });
    }
  }
  return candidates[Math.floor(random() * candidates.length)];
}
