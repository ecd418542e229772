/** Upstream: pkg/apis/core/validation/validation.go validateResourceRequirements @1.36 */
import type { JsonObject } from "@kubets/api";
import { itemsAt, objectAt, textAt } from "../../json-fields.ts";
import { dns1123Label } from "../formats.ts";
import type { Path } from "../path.ts";
import type { Problems } from "../problems.ts";
import {
  compareAmounts,
  isHugePages,
  mayOvercommit,
  validateContainerResourceName,
  validateHugePages,
  validateResourceName,
  validateResourceQuantity,
} from "../resource-names.ts";

type ValidateName = (name: string, at: Path, problems: Problems) => void;

export interface ResourceRules {
  readonly claimNames: ReadonlySet<string>;
  readonly problems: Problems;
  /** What resources may be named here; those of containers unless given. */
  readonly validateName?: ValidateName;
}

export function validateResources(resources: JsonObject, at: Path, rules: ResourceRules): void {
  const limits = objectAt(resources, "limits");
  const requests = objectAt(resources, "requests");
  if (limits !== undefined) validateList(limits, at.child("limits"), rules);
  if (requests !== undefined) {
    validateList(requests, at.child("requests"), rules);
    validateAgainstLimits(requests, limits, at, rules.problems);
  }
  if (hasHugePagesOnly(limits, requests))
    rules.problems.forbidden(at, "HugePages require cpu or memory");
  validateClaims(resources, at.child("claims"), rules);
}

function validateList(list: JsonObject, at: Path, { problems, validateName }: ResourceRules): void {
  for (const name in list) {
    (validateName ?? validateContainerResourceName)(name, at.key(name), problems);
    validateResourceQuantity(name, list[name], at.key(name), problems);
    if (isHugePages(name)) validateHugePages(name, list[name], at.key(name), problems);
  }
}

function validateAgainstLimits(
  requests: JsonObject,
  limits: JsonObject | undefined,
  at: Path,
  problems: Problems,
): void {
  for (const name in requests) {
    const request = requests[name];
    const limit = limits !== undefined && Object.hasOwn(limits, name) ? limits[name] : undefined;
    if (limit === undefined) {
      if (!mayOvercommit(name)) {
        problems.required(at.child("limits"), "Limit must be set for non overcommitable resources");
      }
      continue;
    }
    const order = compareAmounts(request, limit);
    if (order !== 0 && !mayOvercommit(name)) {
      problems.invalid(
        at.child("requests"),
        request,
        `must be equal to ${name} limit of ${String(limit)}`,
      );
    } else if (order > 0) {
      const detail = `must be less than or equal to ${name} limit of ${String(limit)}`;
      problems.invalid(at.child("requests"), request, detail);
    }
  }
}

function hasHugePagesOnly(
  limits: JsonObject | undefined,
  requests: JsonObject | undefined,
): boolean {
  let hugePages = false;
  for (const list of [limits, requests]) {
    for (const name in list) {
      if (name === "cpu" || name === "memory") return false;
      if (isHugePages(name)) hugePages = true;
    }
  }
  return hugePages;
}

function validateClaims(
  resources: JsonObject,
  at: Path,
  { claimNames, problems }: ResourceRules,
): void {
  const claims = itemsAt(resources, "claims");
  if (claims.length === 0) return;
  const seen = new Set<string>();
  /** Of those that ask for one request of the claim. */
  const namesInPart = new Set<string>();
  let known: string | undefined;
  claims.forEach((claim, i) => {
    const name = textAt(claim, "name");
    const request = textAt(claim, "request");
    if (name === "") {
      problems.required(at.index(i));
      return;
    }
    if (request !== "")
      problems.invalidEach(at.index(i).child("request"), request, dns1123Label(request));
    const key = request === "" ? name : `${name}/${request}`;
    if (seen.has(name)) problems.duplicate(at.index(i), name);
    else if (seen.has(key)) problems.duplicate(at.index(i), key);
    else if (request === "" && namesInPart.has(name)) problems.duplicate(at.index(i), name);
    seen.add(key);
    if (request !== "") namesInPart.add(name);
    if (!claimNames.has(name)) {
      known ??= [...claimNames].sort().join(", ");
      const which = known === "" ? " which is empty" : `: ${known}`;
      problems.notFound(
        at.index(i),
        name,
        `must be one of the names in pod.spec.resourceClaims${which}`,
      );
    }
  });
}

const POD_RESOURCES: readonly string[] = ["cpu", "memory"];

/** The pod as a whole has cpu, memory and huge pages only. */
export function validatePodResourceName(name: string, at: Path, problems: Problems): void {
  if (!validateResourceName(name, at, problems)) return;
  if (!POD_RESOURCES.includes(name) && !isHugePages(name)) {
    problems.notSupported(at, name, [...POD_RESOURCES, "hugepages-"].sort());
  }
}
