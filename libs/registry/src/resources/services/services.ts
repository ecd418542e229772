/** Upstream: pkg/registry/core/service/{strategy.go,storage/storage.go} @1.36 */
import { type Draft, objectField } from "../../draft.ts";
import type { RequestScope } from "../../store.ts";
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
  const reserve = async (
    draft: Draft,
    old: ReturnType<typeof specOf> | undefined,
    scope: RequestScope,
  ) => {
    const spec = ownSpec(draft);
    const name = draft.metadata.name ?? "";
    const owner = { namespace: draft.metadata.namespace ?? "", name };
    const reservation = new ServiceReservation(pools, owner, scope.dryRun);
    try {
      setIPFamilies(spec, old, families, name);
      await reserveClusterIPs(spec, old, reservation);
      await reserveNodePorts(spec, old, reservation);
    } catch (error) {
      await reservation.revert();
      throw error;
    }
    return reservation;
  };

  return {
    prepareForCreate(draft) {
      alignClusterIPs(ownSpec(draft));
    },
    prepareForUpdate(draft, old) {
      const spec = ownSpec(draft);
      const stored = specOf(old);
      alignClusterIPs(spec, stored);
      keepAllocated(spec, stored);
      dropForType(spec, stored);
      if (spec.type !== "LoadBalancer" && stored.type === "LoadBalancer") {
        draft.status = { ...objectField(draft, "status"), loadBalancer: {} };
      }
    },
    beginCreate: (draft, scope) => reserve(draft, undefined, scope),
    beginUpdate: (draft, old, scope) => reserve(draft, specOf(old), scope),
    async afterDelete(object) {
      const spec = specOf(object);
      const { namespace = "", name = "" } = object.metadata;
      const held = new ServiceReservation(pools, { namespace, name }, false);
      for (const ip of heldClusterIPs(spec)) held.release(pools.ips, ip);
      for (const port of heldNodePorts(spec)) held.release(pools.ports, `${port}`);
      await held.commit();
    },
  };
}

function clusterFamilies({ ranges }: ServicePools): ClusterFamilies {
  const [primary, secondary] = ranges.map(({ family }): IPFamily => family);
  if (primary === undefined) throw new RangeError("a cluster needs a range of Service addresses");
  return secondary === undefined ? [primary] : [primary, secondary];
}
