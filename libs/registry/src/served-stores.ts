/** A generic store for each version of each stored resource. */
import { apiVersionOf, builtinResources, type ResourceInfo, schemas } from "@kubets/api";
import type { Conversion } from "./conversion/conversion.ts";
import { conversionOf, type StoredAs, storedAs } from "./conversion/conversions.ts";
import { GenericStore } from "./generic/generic-store.ts";
import { ObjectLanes } from "./generic/object-lanes.ts";
import type { StoreContext } from "./generic/store-context.ts";
import { fieldLabelsOf } from "./reads/field-labels.ts";
import type { RegistryOptions } from "./registry-options.ts";
import { hooksFor } from "./resources/hooks.ts";
import { servicePoolsOf } from "./resources/services/service-pools.ts";
import type { TableConvertor } from "./store.ts";
import { compileStrategy } from "./strategy/compile.ts";
import type { Strategy } from "./strategy/strategy.ts";
import { systemRandomness } from "./system-randomness.ts";
import { tableOf } from "./tables/tables.ts";

export interface ServedStores {
  /** By `resourceKey`; only versions that are served. */
  readonly byVersion: ReadonlyMap<string, GenericStore>;
  /** The store of the version that is stored, served or not. */
  stored(group: string, resource: string): GenericStore;
}

export function resourceKey(of: {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}): string {
  return `${of.group}/${of.version}/${of.resource}`;
}

export function servedStores(
  options: RegistryOptions,
  serves: (info: ResourceInfo) => boolean,
): ServedStores {
  const randomness = options.randomness ?? systemRandomness;
  const pools = servicePoolsOf(options, randomness);
  const hooks = hooksFor(pools, options.policyGuard);
  const strategies = new Map<string, Strategy>();
  const byVersion = new Map<string, GenericStore>();
  const byResource = new Map<string, GenericStore>();
  const lanes = new ObjectLanes(options.clock);

  for (const info of builtinResources) {
    if (!isStored(info)) continue;
    const stored = storedAs(info, builtinResources);
    const conversion = conversionOf(info, stored);
    if (conversion === "none") continue;
    const name = qualifiedName(stored);
    const strategy = strategies.get(name) ?? compileStrategy(stored, hooks[name]);
    strategies.set(name, strategy);
    const context = contextOf(info, { options, randomness, stored, conversion, strategy, lanes });
    const store = new GenericStore(context, tableIn(info, conversion));
    if (serves(info)) byVersion.set(resourceKey(info), store);
    if (conversion === undefined) byResource.set(name, store);
  }

  return {
    byVersion,
    stored(group, resource) {
      const store = byResource.get(qualifiedName({ group, resource }));
      if (store === undefined) throw new TypeError(`${resource} of "${group}" are not stored`);
      return store;
    },
  };
}

function contextOf(
  info: ResourceInfo,
  of: {
    readonly options: RegistryOptions;
    readonly randomness: StoreContext["randomness"];
    readonly stored: StoredAs;
    readonly conversion: Conversion | undefined;
    readonly strategy: Strategy;
    readonly lanes: ObjectLanes;
  },
): StoreContext {
  const { storage, cache, clock } = of.options;
  const apiVersion = apiVersionOf(info);
  return {
    storage,
    watchCache: cache,
    cache: cache.resource(of.stored),
    clock,
    randomness: of.randomness,
    info,
    apiVersion,
    type: schemas.kind(info.group, info.version, info.kind),
    stored: of.stored,
    conversion: of.conversion,
    strategy: of.strategy,
    lanes: of.lanes,
    fieldLabels: fieldLabelsOf(apiVersion, info.kind),
  };
}

function qualifiedName(of: { readonly group: string; readonly resource: string }): string {
  return of.group === "" ? of.resource : `${of.group}/${of.resource}`;
}

/** Reviews and bindings only answer their own create; component statuses are made up on the spot. */
function isStored({ verbs }: ResourceInfo): boolean {
  return verbs.includes("watch");
}

/** Rows are made from the stored version, whatever version was asked for. */
function tableIn(info: ResourceInfo, conversion: Conversion | undefined): TableConvertor {
  const group = info.group === "events.k8s.io" ? "" : info.group;
  const table = tableOf(group, info.kind);
  if (conversion === undefined) return table;
  const { columns, cells } = table;
  return { columns, cells: (object, nowMs) => cells(conversion.toStored(object), nowMs) };
}
