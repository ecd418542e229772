/** Kinds that the table describes, but for a rule or two. */
import { isZero, itemsAt, objectAt, textAt } from "../../json-fields.ts";
import { isJsonObject } from "../../plain-object.ts";
import { METADATA, Path } from "../path.ts";
import { type KindEntry, kindFromTable } from "../table/kind-from-table.ts";

export const OTHER_RULES: readonly KindEntry[] = [
  kindFromTable("apps/v1.ControllerRevision", {
    create(revision, problems) {
      const { data } = revision;
      if (isZero(data) || isJsonObject(data)) return;
      problems.required(Path.of("data"), "data must be a valid JSON object");
    },
  }),
  kindFromTable("policy/v1.PodDisruptionBudget"),
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
