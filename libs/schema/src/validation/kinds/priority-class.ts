/** Upstream: pkg/apis/scheduling/validation/validation.go @1.36 */
import type { JsonObject } from "@kubets/api";
import { numberAt, objectAt, textAt } from "../../json-fields.ts";
import { METADATA, Path } from "../path.ts";
import type { Problems } from "../problems.ts";
import { type KindEntry, kindFromTable } from "../table/kind-from-table.ts";

const USER_VALUE_MAX = 1_000_000_000;
const SYSTEM_CLASSES: Readonly<Record<string, number>> = {
  "system-cluster-critical": 2_000_000_000,
  "system-node-critical": 2_000_001_000,
};

function validatePriorityClass(priorityClass: JsonObject, problems: Problems): void {
  const name = textAt(objectAt(priorityClass, "metadata"), "name");
  const value = numberAt(priorityClass, "value");
  if (!name.startsWith("system-")) {
    if (value <= USER_VALUE_MAX) return;
    const detail = `maximum allowed value of a user defined priority is ${USER_VALUE_MAX}`;
    problems.forbidden(Path.of("value"), detail);
    return;
  }
  const known = Object.hasOwn(SYSTEM_CLASSES, name) ? SYSTEM_CLASSES[name] : undefined;
  const wrong =
    known === undefined
      ? `${name} is not a known system priority class`
      : value === known && priorityClass.globalDefault !== true
        ? undefined
        : value === known
          ? `globalDefault of ${name} must be false`
          : `value of ${name} must be ${known}`;
  if (wrong === undefined) return;
  const prefix = "priority class names with 'system-' prefix are reserved for system use only";
  problems.forbidden(METADATA.child("name"), `${prefix}. error: ${wrong}`);
}

export const priorityClassEntry: KindEntry = kindFromTable("scheduling.k8s.io/v1.PriorityClass", {
  create: validatePriorityClass,
});
