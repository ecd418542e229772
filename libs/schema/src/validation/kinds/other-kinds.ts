/** Kinds that the table describes, but for a rule or two. */
import type { JsonObject } from "@kubets/api";
import { isNil, itemsAt, objectAt, textAt } from "../../json-fields.ts";
import { isJsonObject } from "../../plain-object.ts";
import type { KindRules } from "../kind-rules.ts";
import { validateObjectMeta } from "../object-meta.ts";
import { METADATA, Path } from "../path.ts";
import { NOT_NEGATIVE, type Problems } from "../problems.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { type KindEntry, kindFromTable } from "../table/kind-from-table.ts";
import { namespacedSubdomain } from "./meta-rules.ts";

const DATA = Path.of("data");

/** Upstream: pkg/apis/apps/validation/validation.go ValidateControllerRevisionCreate @1.36 */
const controllerRevisionRules: KindRules = {
  create(revision, problems) {
    validateRevision(revision, problems);
    const { data } = revision;
    if (isNil(data)) problems.required(DATA, "data is mandatory");
    else if (!isJsonObject(data)) problems.required(DATA, "data must be a valid JSON object");
  },
  update(revision, old, problems) {
    validateObjectMeta(revision, namespacedSubdomain, problems);
    validateRevision(revision, problems);
    if (!semanticEqual(revision.data, old.data)) problems.immutable(DATA, revision.data);
  },
};

function validateRevision({ revision }: JsonObject, problems: Problems): void {
  if (typeof revision === "number" && revision < 0) {
    problems.invalid(Path.of("revision"), revision, NOT_NEGATIVE);
  }
}

export const OTHER_RULES: readonly KindEntry[] = [
  ["apps/v1.ControllerRevision", controllerRevisionRules],
  kindFromTable("node.k8s.io/v1.RuntimeClass", {
    create(runtimeClass, problems) {
      const seen = new Set<string>();
      itemsAt(objectAt(runtimeClass, "scheduling"), "tolerations").forEach((toleration, i) => {
        const fields = ["key", "operator", "value", "effect"].map((f) => textAt(toleration, f));
        const key = JSON.stringify(fields);
        const at = Path.of("scheduling", "tolerations").index(i);
        if (seen.has(key)) problems.duplicate(at, toleration);
        seen.add(key);
      });
    },
  }),
  kindFromTable("apiregistration.k8s.io/v1.APIService", {
    create(service, problems) {
      const spec = objectAt(service, "spec");
      const wanted = `${textAt(spec, "version")}.${textAt(spec, "group")}`;
      const name = textAt(objectAt(service, "metadata"), "name");
      if (name === wanted) return;
      // Upstream builds the text with the wanted name in it.
      problems.invalid(
        METADATA.child("name"),
        name,
        `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(wanted)}`,
      );
    },
  }),
];
