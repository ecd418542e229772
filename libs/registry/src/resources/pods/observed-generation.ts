import type { PodCondition, PodStatus } from "@kubets/api/core/v1";

/**
 * A writer that does not know observedGeneration does not take it away.
 *
 * Upstream: pkg/registry/core/pod/strategy.go preserveOldObservedGeneration @1.36
 */
export function keepObservedGenerations(next: PodStatus, old: Readonly<PodStatus>): PodStatus {
  const conditions = keepInConditions(next.conditions, old.conditions);
  const observed = next.observedGeneration || old.observedGeneration;
  if (conditions === next.conditions && observed === next.observedGeneration) return next;
  return {
    ...next,
    ...(conditions && { conditions }),
    ...(observed !== undefined && { observedGeneration: observed }),
  };
}

function keepInConditions(
  next: PodCondition[] | undefined,
  old: readonly PodCondition[] | undefined,
): PodCondition[] | undefined {
  if (next === undefined || old === undefined) return next;
  if (!old.some((condition) => condition.observedGeneration)) return next;
  // Several conditions may share a type: each takes the generation of its counterpart in order.
  const generations = new Map<string, number[]>();
  for (const { type, observedGeneration = 0 } of old) {
    const known = generations.get(type);
    if (known === undefined) generations.set(type, [observedGeneration]);
    else known.push(observedGeneration);
  }
  return next.map((condition) => {
    const before = generations.get(condition.type)?.shift() ?? 0;
    if (condition.observedGeneration || before === 0) return condition;
    return { ...condition, observedGeneration: before };
  });
}
