/**
 * Resources of the pod as a whole: hugepages limits and cpu and memory requests that the containers imply.
 *
 * Upstream: pkg/apis/core/v1/defaults.go defaultPodRequests, defaultHugePagePodLimits;
 * staging/src/k8s.io/component-helpers/resource/helpers.go AggregateContainerRequests @1.36
 */
import {
  formatQuantity,
  type JsonObject,
  parseQuantity,
  type Quantity,
  QuantityError,
} from "@kubets/api";
import { isZero, itemsAt, madeAt, objectAt } from "../../json-fields.ts";
import { setOwn } from "../../plain-object.ts";

export type Amounts = Map<string, Quantity>;

export function podLevelResources(spec: JsonObject): void {
  const resources = objectAt(spec, "resources");
  if (resources === undefined || (isZero(resources.limits) && isZero(resources.requests))) return;
  hugePageLimits(spec, resources);
  podRequests(spec, resources);
}

function hugePageLimits(spec: JsonObject, resources: JsonObject): void {
  const totals = aggregateContainers(spec, "limits");
  const limits = objectAt(resources, "limits") ?? {};
  const requests = objectAt(resources, "requests") ?? {};
  for (const [name, amount] of totals) {
    if (
      !name.startsWith("hugepages-") ||
      Object.hasOwn(limits, name) ||
      Object.hasOwn(requests, name)
    )
      continue;
    setOwn(madeAt(resources, "limits"), name, formatQuantity(amount));
  }
}

function podRequests(spec: JsonObject, resources: JsonObject): void {
  const limits = objectAt(resources, "limits");
  if (limits === undefined || isZero(limits)) return;
  const requests = madeAt(resources, "requests");
  for (const [name, amount] of aggregateContainers(spec, "requests")) {
    if ((name === "cpu" || name === "memory") && !Object.hasOwn(requests, name)) {
      setOwn(requests, name, formatQuantity(amount));
    }
  }
  for (const name in limits) {
    const limit = limits[name];
    const isSupported = name === "cpu" || name === "memory" || name.startsWith("hugepages-");
    if (isSupported && limit !== undefined && !Object.hasOwn(requests, name))
      setOwn(requests, name, limit);
  }
}

/** What the pod needs at its peak: app containers and sidecars together, or one init container at its turn. */
export function aggregateContainers(spec: JsonObject, which: "limits" | "requests"): Amounts {
  const totals: Amounts = new Map();
  for (const container of itemsAt(spec, "containers")) add(totals, amountsOf(container, which));
  const sidecars: Amounts = new Map();
  const initPeak: Amounts = new Map();
  for (const container of itemsAt(spec, "initContainers")) {
    const own = amountsOf(container, which);
    if (container.restartPolicy === "Always") {
      add(totals, own);
      add(sidecars, own);
      raise(initPeak, only(sidecars, own));
    } else {
      // What the sidecars need beside it was counted when they came.
      add(own, only(sidecars, own));
      raise(initPeak, own);
    }
  }
  raise(totals, initPeak);
  return totals;
}

function amountsOf(container: JsonObject, which: "limits" | "requests"): Amounts {
  const amounts: Amounts = new Map();
  const list = objectAt(objectAt(container, "resources"), which);
  for (const name in list) {
    const value = list[name];
    const amount = typeof value === "string" ? quantityOf(value) : undefined;
    if (amount !== undefined) amounts.set(name, amount);
  }
  return amounts;
}

/** Undefined for what is no quantity, which decoding refuses. */
function quantityOf(text: string): Quantity | undefined {
  try {
    return parseQuantity(text);
  } catch (error) {
    if (error instanceof QuantityError) return undefined;
    throw error;
  }
}

function add(totals: Amounts, more: Amounts): void {
  for (const [name, amount] of more) {
    const total = totals.get(name);
    const sum = total === undefined ? amount : { ...total, nanos: total.nanos + amount.nanos };
    totals.set(name, sum);
  }
}

/** The amounts of those names, of which one container has few where all together may have many. */
function only(amounts: Amounts, names: Amounts): Amounts {
  const found: Amounts = new Map();
  for (const name of names.keys()) {
    const amount = amounts.get(name);
    if (amount !== undefined) found.set(name, amount);
  }
  return found;
}

function raise(totals: Amounts, floor: Amounts): void {
  for (const [name, amount] of floor) {
    const total = totals.get(name);
    if (total === undefined || total.nanos < amount.nanos) totals.set(name, amount);
  }
}
