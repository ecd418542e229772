/**
 * A pod that waits at a scheduling gate may be tied down further: its node selector and its node affinity may
 * get narrower.
 *
 * Upstream: pkg/apis/core/validation/validation.go validateNodeSelectorMutation, validateNodeAffinityMutation @1.36
 */
import type { JsonObject } from "@kubets/api";
import { isZero, itemsAt, objectAt } from "../../json-fields.ts";
import { SPEC } from "../path.ts";
import type { Problems } from "../problems.ts";
import { semanticEqual } from "../semantic-equal.ts";

const REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";

/** The new spec with what may change put back; what must not is reported. */
export function validateGatedPodUpdate(
  spec: JsonObject,
  before: JsonObject,
  problems: Problems,
): JsonObject {
  const munged: JsonObject = { ...spec };
  if (!semanticEqual(spec.nodeSelector, before.nodeSelector)) {
    validateSelector(objectAt(spec, "nodeSelector"), objectAt(before, "nodeSelector"), problems);
    munged.nodeSelector = before.nodeSelector ?? null;
  }
  const affinity = objectAt(spec, "affinity");
  const oldAffinity = objectAt(before, "affinity");
  const node = objectAt(affinity, "nodeAffinity");
  const oldNode = objectAt(oldAffinity, "nodeAffinity");
  if (semanticEqual(node, oldNode)) return munged;
  validateNodeAffinity(node, oldNode, problems);
  const others = { ...affinity, nodeAffinity: oldNode ?? null };
  const isOnlyNode =
    oldAffinity === undefined && !affinity?.podAffinity && !affinity?.podAntiAffinity;
  munged.affinity = isOnlyNode ? null : others;
  return munged;
}

function validateSelector(
  selector: JsonObject | undefined,
  old: JsonObject | undefined,
  problems: Problems,
): void {
  for (const key in old) {
    if (selector !== undefined && Object.hasOwn(selector, key) && selector[key] === old[key])
      continue;
    const detail = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
    problems.invalid(SPEC.child("nodeSelector"), selector ?? null, detail);
    return;
  }
}

function validateNodeAffinity(
  node: JsonObject | undefined,
  old: JsonObject | undefined,
  problems: Problems,
): void {
  const oldRequired = objectAt(old, REQUIRED);
  if (oldRequired === undefined || isZero(oldRequired.nodeSelectorTerms)) return;
  const at = SPEC.child("affinity")
    .child("nodeAffinity")
    .child(REQUIRED)
    .child("nodeSelectorTerms");
  const terms = itemsAt(objectAt(node, REQUIRED), "nodeSelectorTerms");
  const oldTerms = itemsAt(oldRequired, "nodeSelectorTerms");
  if (terms.length !== oldTerms.length) {
    problems.invalid(
      at,
      [...terms],
      "no additions/deletions to non-empty NodeSelectorTerms list are allowed",
    );
    return;
  }
  terms.forEach((term, i) => {
    const oldTerm = oldTerms[i] ?? {};
    const narrower = ["matchExpressions", "matchFields"].every((field) => {
      const requirements = itemsAt(term, field);
      return itemsAt(oldTerm, field).every((requirement, j) =>
        semanticEqual(requirement, requirements[j]),
      );
    });
    const wasEmpty = isZero(oldTerm.matchExpressions) && isZero(oldTerm.matchFields);
    if (!narrower || (wasEmpty && !semanticEqual(term, oldTerm))) {
      const detail = "only additions are allowed (no mutations or deletions)";
      problems.invalid(at.index(i), term, detail);
    }
  });
}
