/** Puts the registry together: a store for every served resource, and what is not a plain store. */
import { apiVersionOf, builtinResources, type ResourceInfo, schemas } from "@kubets/api";
import type { Conversion } from "./conversion/conversion.ts";
import { conversionOf, storedAs } from "./conversion/conversions.ts";
import { GenericStore } from "./generic/generic-store.ts";
import { fieldLabelsOf } from "./reads/field-labels.ts";
import type { RegistryOptions } from "./registry-options.ts";
import { hooksFor } from "./resources/hooks.ts";
import { servicePoolsOf } from "./resources/services/service-pools.ts";
import type {
  Registry,
  ResourceStore,
  SubresourceHandler,
  TableConvertor,
  VirtualResource,
} from "./store.ts";
import { compileStrategy } from "./strategy/compile.ts";
import type { Strategy } from "./strategy/strategy.ts";
import { systemRandomness } from "./system-randomness.ts";
import { tableOf } from "./tables/tables.ts";

export function createRegistry(options: RegistryOptions): Registry {
  const randomness = options.randomness ?? systemRandomness;
  const pools = servicePoolsOf(options, randomness);
  const hooks = hooksFor(pools);
  const serves = options.serves ?? ((info: ResourceInfo) => info.servedByDefault);
  const strategies = new Map<string, Strategy>();
  const stores = new Map<string, ResourceStore>();
  const infos: ResourceInfo[] = [];

  const strategyOf = (stored: { readonly group: string; readonly resource: string }) => {
    const name = stored.group === "" ? stored.resource : `${stored.group}/${stored.resource}`;
    let strategy = strategies.get(name);
    if (strategy === undefined) {
      strategy = compileStrategy(stored, hooks[name]);
      strategies.set(name, strategy);
    }
    return strategy;
  };

  for (const info of builtinResources) {
    if (!serves(info)) continue;
    if (!isStored(info)) continue;
    const stored = storedAs(info, builtinResources);
    const conversion = conversionOf(info, stored);
    if (conversion === "none") continue;
    infos.push(info);
    const apiVersion = apiVersionOf(info);
    const store = new GenericStore(
      {
        storage: options.storage,
        watchCache: options.cache,
        cache: options.cache.resource(stored),
        clock: options.clock,
        randomness,
        info,
        apiVersion,
        type: schemas.kind(info.group, info.version, info.kind),
        stored,
        conversion,
        strategy: strategyOf(stored),
        fieldLabels: fieldLabelsOf(apiVersion, info.kind),
      },
      tableIn(info, conversion),
    );
    stores.set(keyText(info), store);
  }

  return {
    resources: () => infos,
    info: (group, version, resource) => stores.get(keyText({ group, version, resource }))?.info,
    store: (group, version, resource) => stores.get(keyText({ group, version, resource })),
    subresource: (): SubresourceHandler | undefined => undefined,
    virtual: (): VirtualResource | undefined => undefined,
  };
}

function keyText(of: { group: string; version: string; resource: string }): string {
  return `${of.group}/${of.version}/${of.resource}`;
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
