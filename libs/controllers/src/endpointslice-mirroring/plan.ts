/**
 * The EndpointSlices that stand for Endpoints which somebody wrote by hand: one for each address family and set of
 * ports.
 *
 * Upstream: pkg/controller/endpointslicemirroring/{reconciler,reconciler_helpers,utils}.go @1.36
 */
import { isIP } from "node:net";
import {
  controllerReference,
  LABEL_ENDPOINT_SLICE_MANAGED_BY,
  LABEL_SERVICE_NAME,
} from "@kubets/api";
import type { EndpointAddress, EndpointSubset, Endpoints } from "@kubets/api/core/v1";
import type { Endpoint, EndpointPort, EndpointSlice } from "@kubets/api/discovery/v1";
import { endpointKey, groupKey } from "../endpointslice/desired-endpoints.ts";
import { isSemanticallyEqual } from "../ownership/canonical-json.ts";
import type { SliceWrites } from "../service-pods/managed-slices.ts";

export const MIRROR_MANAGED_BY = "endpointslicemirroring-controller.k8s.io";
const SKIP_LABEL = "endpointslice.kubernetes.io/skip-mirror";
const LEADER_ANNOTATION = "control-plane.alpha.kubernetes.io/leader";
const NOT_MIRRORED_ANNOTATIONS = new Set([
  "endpoints.kubernetes.io/last-change-trigger-time",
  "kubectl.kubernetes.io/last-applied-configuration",
]);

export interface MirrorPlan extends SliceWrites {
  readonly warnings: readonly { readonly reason: string; readonly message: string }[];
}

/** Endpoints that serve as a lock, or ask to be left alone, are not mirrored. */
export function isMirrored({ metadata }: Endpoints): boolean {
  return (
    metadata.labels?.[SKIP_LABEL] !== "true" &&
    metadata.annotations?.[LEADER_ANNOTATION] === undefined
  );
}

interface Group {
  readonly addressType: string;
  readonly ports: readonly EndpointPort[];
  readonly endpoints: Map<string, Endpoint>;
}

export function planMirror(input: {
  readonly endpoints: Endpoints;
  /** Those that the controller made for it. */
  readonly slices: readonly EndpointSlice[];
  /** --mirroring-max-endpoints-per-subset. */
  readonly endpointsMax: number;
}): MirrorPlan {
  const { endpoints, slices, endpointsMax } = input;
  const { groups, invalid, skipped } = groupsOf(endpoints, endpointsMax);
  const create: EndpointSlice[] = [];
  const update: EndpointSlice[] = [];
  const remove: EndpointSlice[] = [];
  const existing = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const key = groupKey(slice.addressType, slice.ports ?? []);
    existing.set(key, [...(existing.get(key) ?? []), slice]);
  }
  for (const [key, group] of groups) {
    const [first, ...others] = existing.get(key) ?? [];
    existing.delete(key);
    remove.push(...others);
    const wanted = sliceOf(endpoints, group, endpointsMax);
    if (first === undefined) create.push(wanted);
    else if (!isSameSlice(first, wanted)) update.push(renamed(wanted, first));
  }
  remove.push(...[...existing.values()].flat());
  return {
    ...reuse({ create, update, delete: remove }),
    warnings: warningsOf(input, invalid, skipped),
  };
}

function groupsOf({ subsets }: Endpoints, endpointsMax: number) {
  const groups = new Map<string, Group>();
  let [invalid, skipped] = [0, 0];
  for (const subset of subsets ?? []) {
    const ports = (subset.ports ?? []).map(
      ({ name = "", port, protocol = "TCP", appProtocol }): EndpointPort => ({
        name,
        port,
        protocol,
        ...(appProtocol === undefined ? {} : { appProtocol }),
      }),
    );
    let added = 0;
    for (const { address, isReady } of addressesOf(subset)) {
      const version = isIP(address.ip);
      if (added === endpointsMax || version === 0) {
        skipped++;
        if (version === 0) invalid++;
        continue;
      }
      added++;
      const addressType = version === 4 ? "IPv4" : "IPv6";
      const key = groupKey(addressType, ports);
      let group = groups.get(key);
      if (group === undefined) {
        group = { addressType, ports, endpoints: new Map() };
        groups.set(key, group);
      }
      const endpoint = endpointFrom(address, isReady);
      group.endpoints.set(endpointKey(endpoint), endpoint);
    }
  }
  return { groups, invalid, skipped };
}

/** Ready ones first; one that is listed twice is not ready. */
function addressesOf(subset: EndpointSubset) {
  const notReadyAddresses = subset.notReadyAddresses ?? [];
  const unready = new Set(notReadyAddresses.map(({ ip, targetRef }) => `${ip}/${targetRef?.uid}`));
  return [
    ...(subset.addresses ?? [])
      .filter(({ ip, targetRef }) => !unready.has(`${ip}/${targetRef?.uid}`))
      .map((address) => ({ address, isReady: true })),
    ...notReadyAddresses.map((address) => ({ address, isReady: false })),
  ];
}

function endpointFrom(
  { ip, targetRef, nodeName, hostname }: EndpointAddress,
  isReady: boolean,
): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready: isReady },
    ...(hostname === undefined || hostname === "" ? {} : { hostname }),
    ...(targetRef === undefined ? {} : { targetRef }),
    ...(nodeName === undefined ? {} : { nodeName }),
  };
}

function sliceOf(endpoints: Endpoints, group: Group, endpointsMax: number): EndpointSlice {
  const { name = "", namespace, labels } = endpoints.metadata;
  const annotations = Object.entries(endpoints.metadata.annotations ?? {}).filter(
    ([key]) => !NOT_MIRRORED_ANNOTATIONS.has(key),
  );
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: {
        ...labels,
        [LABEL_SERVICE_NAME]: name,
        [LABEL_ENDPOINT_SLICE_MANAGED_BY]: MIRROR_MANAGED_BY,
      },
      ...(annotations.length === 0 ? {} : { annotations: Object.fromEntries(annotations) }),
      ownerReferences: [controllerReference(endpoints)],
    },
    addressType: group.addressType,
    endpoints: [...group.endpoints.values()].slice(0, endpointsMax),
    ports: [...group.ports],
  };
}

function isSameSlice(present: EndpointSlice, wanted: EndpointSlice): boolean {
  const { labels, annotations = {}, ownerReferences } = present.metadata;
  const byKey = ({ endpoints }: EndpointSlice) =>
    Object.fromEntries((endpoints ?? []).map((endpoint) => [endpointKey(endpoint), endpoint]));
  return (
    isSemanticallyEqual(byKey(present), byKey(wanted)) &&
    isSemanticallyEqual(labels, wanted.metadata.labels) &&
    isSemanticallyEqual(annotations, wanted.metadata.annotations ?? {}) &&
    isSemanticallyEqual(ownerReferences, wanted.metadata.ownerReferences)
  );
}

/** `wanted` in the place of a slice that is there. */
function renamed(wanted: EndpointSlice, present: EndpointSlice): EndpointSlice {
  const { generateName: _, annotations, ...metadata } = wanted.metadata;
  const { annotations: __, ...kept } = present.metadata;
  return {
    ...wanted,
    metadata: { ...kept, ...metadata, ...(annotations === undefined ? {} : { annotations }) },
  };
}

/** A slice that goes and one of its family that comes make one that changes. */
function reuse(writes: SliceWrites): SliceWrites {
  const create = [...writes.create];
  const update = [...writes.update];
  const remove = writes.delete.filter((old) => {
    const at = create.findIndex(({ addressType }) => addressType === old.addressType);
    const fresh = create[at];
    if (fresh === undefined) return true;
    create.splice(at, 1);
    update.push(renamed(fresh, old));
    return false;
  });
  return { create, update, delete: remove };
}

function warningsOf(
  { endpointsMax }: { readonly endpointsMax: number },
  invalid: number,
  skipped: number,
): MirrorPlan["warnings"] {
  return [
    ...(invalid === 0
      ? []
      : [
          {
            reason: "InvalidIPAddress",
            message: `Skipped ${invalid} invalid IP addresses when mirroring to EndpointSlices`,
          },
        ]),
    ...(skipped <= invalid
      ? []
      : [
          {
            reason: "TooManyAddressesToMirror",
            message: `A max of ${endpointsMax} addresses can be mirrored to EndpointSlices per Endpoints subset. ${skipped} addresses were skipped`,
          },
        ]),
  ];
}
