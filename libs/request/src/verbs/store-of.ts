import { internalError, type KubeObject } from "@kubets/api";
import type { Registry, ResourceStore, SubresourceHandler } from "@kubets/registry";
import type { Outcome } from "../outcome.ts";
import { methodNotAllowed, type Target } from "../target.ts";

export function storeOf(registry: Registry, { info }: Target): ResourceStore {
  const store = registry.store(info.group, info.version, info.resource);
  if (store === undefined) throw methodNotAllowed();
  return store;
}

/** The handler of a subresource that is not a plain part of its object. */
export function handlerOf(registry: Registry, { info, subresource }: Target) {
  if (subresource === undefined) return undefined;
  return registry.subresource(info.group, info.resource, subresource.name);
}

/** A subresource that discovery shows and nothing serves. */
export function unserved(target: Target): Error {
  const { info, subresource } = target;
  return internalError(`${info.resource}/${subresource?.name ?? ""} has no handler`);
}

/** What a subresource's handler gave, with the columns of its table. */
export function objectOutcome({ table }: SubresourceHandler, object: KubeObject): Outcome {
  return { kind: "object", code: 200, object, ...(table && { table }) };
}
