/**
 * How many pods the controllers of some pods want in all.
 *
 * Upstream: pkg/controller/disruption/disruption.go getExpectedScale, finders @1.36
 */
import { controllerOf, type KubeObject } from "@kubets/api";
import type { Pod } from "@kubets/api/core/v1";
import type { OwnerReference } from "@kubets/api/meta/v1";

interface Scaled extends KubeObject {
  readonly spec?: { readonly replicas?: number | undefined } | undefined;
}

/** What the server says of a controller's scale. */
export type AskedScale =
  | { readonly kind: "found"; readonly uid: string; readonly replicas: number }
  /** There is no such object (any more). */
  | { readonly kind: "gone" }
  | { readonly kind: "unscalable"; readonly message: string };

export interface ScaleLookup {
  /** A workload that is in view: undefined when it is not, or when the reference means another kind. */
  find(namespace: string, reference: OwnerReference): Scaled | undefined;
  /** Through the scale subresource, for every other kind. */
  ask(namespace: string, reference: OwnerReference): Promise<AskedScale>;
}

export type ExpectedScale =
  | { readonly kind: "known"; readonly count: number; readonly unmanaged: readonly Pod[] }
  | { readonly kind: "unknown"; readonly message: string };

export async function expectedScale(
  pods: readonly Pod[],
  lookup: ScaleLookup,
): Promise<ExpectedScale> {
  const scales = new Map<string, number>();
  const seen = new Set<string>();
  const unmanaged: Pod[] = [];
  for (const pod of pods) {
    const controller = controllerOf(pod);
    if (controller === undefined) {
      unmanaged.push(pod);
      continue;
    }
    if (seen.has(controller.uid)) continue;
    seen.add(controller.uid);
    const { namespace = "", name } = pod.metadata;
    const whole = findWhole(namespace, controller, lookup);
    if (whole !== undefined) {
      scales.set(whole.metadata.uid ?? "", whole.spec?.replicas ?? 1);
      continue;
    }
    const asked = await lookup.ask(namespace, controller);
    if (asked.kind === "unscalable") return { kind: "unknown", message: asked.message };
    if (asked.kind === "gone" || asked.uid !== controller.uid) {
      return { kind: "unknown", message: `found no controllers for pod "${name}"` };
    }
    scales.set(asked.uid, asked.replicas);
  }
  const count = [...scales.values()].reduce((sum, scale) => sum + scale, 0);
  return { kind: "known", count, unmanaged };
}

/** A ReplicaSet of a Deployment is only a part of what is wanted. */
function findWhole(
  namespace: string,
  controller: OwnerReference,
  lookup: ScaleLookup,
): Scaled | undefined {
  const owner = lookup.find(namespace, controller);
  const upper = owner === undefined ? undefined : controllerOf(owner);
  if (controller.kind !== "ReplicaSet" || upper?.kind !== "Deployment") return owner;
  return lookup.find(namespace, upper);
}
