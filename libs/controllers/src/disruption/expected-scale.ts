/**
 * How many pods the controllers of some pods want in all.
 *
 * Upstream: pkg/controller/disruption/disruption.go getExpectedScale @1.36
 */
import { controllerOf, type KubeObject } from "@kubets/api";
import type { Pod } from "@kubets/api/core/v1";
import type { OwnerReference } from "@kubets/api/meta/v1";

interface Scaled extends KubeObject {
  readonly spec?: { readonly replicas?: number | undefined } | undefined;
}

export interface ScaleLookup {
  /** The object that a reference means: undefined when it is not known (any more). */
  find(namespace: string, reference: OwnerReference): Scaled | undefined;
}

export type ExpectedScale =
  | { readonly kind: "known"; readonly count: number; readonly unmanaged: readonly Pod[] }
  | { readonly kind: "unknown"; readonly message: string };

const SCALABLE = new Set(["ReplicationController", "ReplicaSet", "StatefulSet", "Deployment"]);

export function expectedScale(pods: readonly Pod[], lookup: ScaleLookup): ExpectedScale {
  const scales = new Map<string, number>();
  const unmanaged: Pod[] = [];
  for (const pod of pods) {
    const controller = controllerOf(pod);
    if (controller === undefined) {
      unmanaged.push(pod);
      continue;
    }
    const { namespace = "", name } = pod.metadata;
    if (scales.has(controller.uid)) continue;
    if (!SCALABLE.has(controller.kind)) {
      const [group = ""] = controller.apiVersion.includes("/")
        ? controller.apiVersion.split("/")
        : [""];
      const resource = `${controller.kind.toLowerCase()}s${group === "" ? "" : `.${group}`}`;
      return { kind: "unknown", message: `${resource} does not implement the scale subresource` };
    }
    const owner = lookup.find(namespace, controller);
    if (owner === undefined) {
      const message = `found no controllers for pod "${name}"`;
      return { kind: "unknown", message };
    }
    // A ReplicaSet of a Deployment is only a part of what is wanted.
    const upper = controllerOf(owner);
    const whole =
      controller.kind === "ReplicaSet" && upper?.kind === "Deployment"
        ? lookup.find(namespace, upper)
        : owner;
    if (whole === undefined) continue;
    scales.set(controller.uid, 0);
    scales.set(whole.metadata.uid ?? "", whole.spec?.replicas ?? 1);
  }
  const count = [...scales.values()].reduce((sum, scale) => sum + scale, 0);
  return { kind: "known", count, unmanaged };
}
