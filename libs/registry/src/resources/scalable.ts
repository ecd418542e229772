import { objectField } from "../draft.ts";
import { compileGeneration } from "../strategy/compile.ts";
import { resetMetadata } from "../strategy/reset-paths.ts";
import type { StrategyHooks, UpdateStrategy } from "../strategy/strategy.ts";

const raiseGeneration = compileGeneration(["spec"]);

/** A write through the scale subresource changes the number of replicas and nothing else. */
const scale: UpdateStrategy = {
  reset(draft, old) {
    const wanted = objectField(draft, "spec")?.replicas;
    draft.spec = { ...objectField(old, "spec"), replicas: wanted };
    draft.status = old.status;
    resetMetadata(draft, old);
  },
  prepare: (draft, old) => raiseGeneration?.(draft, old),
};

export const scalable: StrategyHooks = { subresources: { scale } };
