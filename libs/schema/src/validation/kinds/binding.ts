/** Upstream: pkg/apis/core/validation/validation.go ValidatePodBinding @1.36 */
import { objectAt, textAt } from "../../json-fields.ts";
import type { KindRules } from "../kind-rules.ts";
import { Path } from "../path.ts";

export const bindingRules: KindRules = {
  skipsMetadata: true,
  create(binding, problems) {
    const target = objectAt(binding, "target");
    const kind = textAt(target, "kind");
    if (kind !== "" && kind !== "Node") {
      problems.notSupported(Path.of("target", "kind"), kind, ["Node", "<empty>"]);
    }
    if (textAt(target, "name") === "") problems.required(Path.of("target", "name"));
  },
};
