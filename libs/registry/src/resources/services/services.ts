/** Upstream: pkg/registry/core/service/{strategy.go,storage/storage.go} @1.36 */
import type { ServiceSpec } from "@kubets/api/core/v1";
import { type Draft, objectField } from "../../draft.ts";
import type { StrategyHooks } from "../../strategy/strategy.ts";
import { reserveClusterIPs } from "./cluster-ips.ts";
import type { IPFamily } from "./ip-address.ts";
import { type ClusterFamilies, setIPFamilies } from "./ip-families.ts";
import { reserveNodePorts } from "./node-ports.ts";
import { type ServicePools, ServiceReservation } from "./service-allocations.ts";
import { heldClusterIPs, heldNodePorts, ownSpec, specOf } from "./service-draft.ts";
import { alignClusterIPs, dropForType, keepAllocated } from "./service-updates.ts";

export function servicesWith(pools: ServicePools): StrategyHooks {
  const families = clusterFamilies(pools);
  return {
    prepareForCreate: dropUnusedPolicy,
    prepareForUpdate(draft, old) {
      dropUnusedPolicy(draft);
      if (specOf(draft).type === "LoadBalancer" || specOf(old).type !== "LoadBalancer") return;
      draft.status = { ...objectField(draft, "status"), loadBalancer: {} };
    },
    beginCreate(draft, scope) {
      const spec = ownSpec(draft);
      alignClusterIPs(spec);
      return reserve(draft, { spec, old: undefined, dryRun: scope.dryRun });
    },
    beginUpdate(draft, stored, scope) {
      const spec = ownSpec(draft);
      const old = specOf(stored);
      alignClusterIPs(spec, old);
      keepAllocated(spec, old);
      dropForType(spec, old);
      return reserve(draft, { spec, old, dryRun: scope.dryRun });
    },
    async afterDelete(object) {
      const spec = specOf(object);
      const { namespace = "", name = "" } = object.metadata;
      const held = new ServiceReservation(pools, { namespace, name }, false);
      for (const ip of heldClusterIPs(spec)) held.release(pools.ips, ip);
      for (const port of heldNodePorts(spec)) held.release(pools.ports, `${port}`);
      await held.commit();
    },
  };

  async function reserve(
    { metadata }: Draft,
    of: { spec: ServiceSpec; old: Readonly<ServiceSpec> | undefined; dryRun: boolean },
  ): Promise<ServiceReservation> {
    const { spec, old } = of;
    const { namespace = "", name = "" } = metadata;
    const reservation = new ServiceReservation(pools, { namespace, name }, of.dryRun);
    try {
      setIPFamilies(spec, old, families, name);
      await reserveClusterIPs(spec, old, reservation);
      await reserveNodePorts(spec, old, reservation);
    } catch (error) {
      await reservation.revert();
      throw error;
    }
    return reservation;
  }
}

/**
 * Upstream leaves it out when it reads such a Service; here it is never stored.
 * Upstream: pkg/registry/core/service/storage/storage.go defaultOnReadInternalTrafficPolicy @1.36
 */
function dropUnusedPolicy(draft: Draft): void {
  const spec = specOf(draft);
  if (spec.type !== "ExternalName") return;
  // Anything else is left for validation to refuse.
  if (spec.internalTrafficPolicy !== "Cluster" && spec.internalTrafficPolicy !== "Local") return;
  draft.spec = { ...spec, internalTrafficPolicy: undefined };
}

function clusterFamilies({ ranges }: ServicePools): ClusterFamilies {
  const [primary, secondary] = ranges.map(({ family }): IPFamily => family);
  if (primary === undefined) throw new RangeError("a cluster needs a range of Service addresses");
  return secondary === undefined ? [primary] : [primary, secondary];
}
