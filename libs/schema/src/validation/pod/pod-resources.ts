/** Upstream: pkg/apis/core/validation/validation.go validatePodResources @1.36 */
import { formatQuantity, type JsonObject } from "@kubets/api";
import { aggregateContainers } from "../../defaults/special/pod-level-resources.ts";
import { isNil, itemsAt, objectAt } from "../../json-fields.ts";
import type { Path } from "../path.ts";
import { compareAmounts, isHugePages, nanosOf } from "../resource-names.ts";
import type { PodContext } from "./pod-context.ts";
import { validatePodResourceName, validateResources } from "./resources.ts";

export function validatePodResources(spec: JsonObject, at: Path, context: PodContext): void {
  const resources = objectAt(spec, "resources");
  if (resources === undefined) return;
  const { problems } = context;
  const here = at.child("resources");
  if (!isNil(resources.claims)) {
    problems.forbidden(here.child("claims"), "claims may not be set for Resources at pod-level");
  }
  validateResources(resources, here, { ...context, validateName: validatePodResourceName });
  const requests = objectAt(resources, "requests") ?? {};
  for (const [name, amount] of aggregateContainers(spec, "requests")) {
    if (name !== "cpu" && name !== "memory" && !isHugePages(name)) continue;
    const request = requests[name] ?? "0";
    if (amount.nanos > (nanosOf(request) ?? 0n)) {
      const detail = `must be greater than or equal to aggregate container requests of ${formatQuantity(amount)}`;
      problems.invalid(here.child("requests").key(name), request, detail);
    }
  }
  validateContainerLimits(spec, here, context);
}

function validateContainerLimits(spec: JsonObject, at: Path, { problems }: PodContext): void {
  const podLimits = objectAt(objectAt(spec, "resources"), "limits");
  itemsAt(spec, "containers").forEach((container, i) => {
    const limits = objectAt(objectAt(container, "resources"), "limits");
    for (const name in limits) {
      const podLimit =
        podLimits !== undefined && Object.hasOwn(podLimits, name) ? podLimits[name] : undefined;
      if (podLimit === undefined || compareAmounts(limits[name], podLimit) <= 0) continue;
      const here = at.child("containers").index(i).key(name).child("limits");
      problems.invalid(
        here,
        limits[name],
        `must be less than or equal to pod limits of ${String(podLimit)}`,
      );
    }
  });
}
