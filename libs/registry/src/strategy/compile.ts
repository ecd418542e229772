/** Makes the strategy of one resource from its facts and its hooks, with every decision taken beforehand. */
import { dropDisabledFields } from "@kubets/schema";
import { deepEqual } from "../deep-equal.ts";
import { type AnyObject, type Draft, valueAt } from "../draft.ts";
import { type StrategyFacts, strategyFacts } from "./facts.ts";
import { compileResets } from "./reset-paths.ts";
import type { PrepareContext, Strategy, StrategyHooks, UpdateStrategy } from "./strategy.ts";

export function compileStrategy(
  of: { readonly group: string; readonly resource: string },
  hooks: StrategyHooks = {},
): Strategy {
  const facts = strategyFacts[of.group === "" ? of.resource : `${of.group}/${of.resource}`] ?? {};
  return strategyFrom(facts, hooks);
}

export function strategyFrom(facts: StrategyFacts, hooks: StrategyHooks): Strategy {
  const resetsStatus = facts.resets?.includes("status") ?? false;
  const raise = compileGeneration(facts.generation?.raisedBy ?? []);
  const startsGeneration = facts.generation?.starts ?? false;
  const { emptyStatus } = facts;
  const resetForUpdate = compileResets(facts.resets ?? []);

  const main: UpdateStrategy = {
    reset:
      hooks.resetForUpdate === undefined
        ? resetForUpdate
        : chain(resetForUpdate, hooks.resetForUpdate),
    prepare(draft, old, context) {
      dropDisabledFields(draft, old);
      hooks.prepareForUpdate?.(draft, old, context);
      raise?.(draft, old);
    },
  };
  const subresources = new Map<string, UpdateStrategy>(Object.entries(hooks.subresources ?? {}));
  if (facts.statusResets !== undefined && !subresources.has("status")) {
    subresources.set("status", { reset: compileResets(facts.statusResets) });
  }

  return {
    createOnUpdate: facts.createOnUpdate ?? false,
    unconditionalUpdate: facts.unconditionalUpdate ?? false,
    deletion: facts.deletion ?? "DeleteDependents",
    resetForCreate:
      hooks.resetForCreate ??
      ((draft) => {
        if (resetsStatus) draft.status = undefined;
        return draft;
      }),
    prepareForCreate(draft: Draft, context: PrepareContext) {
      dropDisabledFields(draft, undefined);
      if (startsGeneration) draft.metadata.generation = 1;
      if (emptyStatus !== undefined) draft.status = emptyStatus;
      hooks.prepareForCreate?.(draft, context);
    },
    main,
    subresources,
    ...(hooks.guard && { guard: hooks.guard }),
    ...(hooks.canonicalize && { canonicalize: hooks.canonicalize }),
    ...(hooks.gracePeriodSeconds && { gracePeriodSeconds: hooks.gracePeriodSeconds }),
    ...(hooks.planDelete && { planDelete: hooks.planDelete }),
    ...(hooks.mayRemoveOnUpdate && { mayRemoveOnUpdate: hooks.mayRemoveOnUpdate }),
    ...(hooks.beginCreate && { beginCreate: hooks.beginCreate }),
    ...(hooks.beginUpdate && { beginUpdate: hooks.beginUpdate }),
    ...(hooks.afterDelete && { afterDelete: hooks.afterDelete }),
  };
}

/** Raises the generation of an object that differs at one of these paths; undefined: nothing raises it. */
export function compileGeneration(
  paths: readonly string[],
): ((draft: Draft, old: AnyObject) => void) | undefined {
  if (paths.length === 0) return undefined;
  const split = paths.map((path) => path.split("."));
  return (draft, old) => {
    for (const path of split) {
      if (deepEqual(valueAt(draft, path), valueAt(old, path))) continue;
      draft.metadata.generation = (old.metadata.generation ?? 0) + 1;
      return;
    }
  };
}

function chain(
  first: UpdateStrategy["reset"],
  second: UpdateStrategy["reset"],
): UpdateStrategy["reset"] {
  return (draft, old) => {
    first(draft, old);
    second(draft, old);
  };
}
