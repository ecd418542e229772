/** Upstream: pkg/apis/core/validation/validation.go ValidateNamespace and its updates @1.36 */
import type { JsonObject } from "@kubets/api";
import { isNil, objectAt, textAt, textsAt } from "../../json-fields.ts";
import { qualifiedName } from "../formats.ts";
import type { KindRules } from "../kind-rules.ts";
import { validateStandardFinalizer } from "../object-meta.ts";
import { Path } from "../path.ts";
import type { Problems } from "../problems.ts";

const FINALIZERS = Path.of("spec", "finalizers");
const PHASE = Path.of("status", "Phase");

export const namespaceRules: KindRules = {
  create(namespace, problems) {
    validateFinalizers(namespace, () => FINALIZERS, problems);
  },
  // Metadata is all that an update can change; the strategy keeps spec and status.
  update() {},
  subresources: {
    status(namespace, _old, problems) {
      const phase = textAt(objectAt(namespace, "status"), "phase");
      const isDeleted = !isNil(objectAt(namespace, "metadata")?.deletionTimestamp);
      if (!isDeleted && phase !== "Active") {
        problems.invalid(PHASE, phase, "may only be 'Active' if `deletionTimestamp` is empty");
      }
      if (isDeleted && phase !== "Terminating") {
        problems.invalid(
          PHASE,
          phase,
          "may only be 'Terminating' if `deletionTimestamp` is not empty",
        );
      }
    },
    finalize(namespace, _old, problems) {
      validateFinalizers(namespace, (i) => FINALIZERS.index(i), problems);
    },
  },
};

function validateFinalizers(
  namespace: JsonObject,
  at: (i: number) => Path,
  problems: Problems,
): void {
  textsAt(objectAt(namespace, "spec"), "finalizers").forEach((finalizer, i) => {
    problems.invalidEach(at(i), finalizer, qualifiedName(finalizer));
    validateStandardFinalizer(finalizer, at(i), problems);
  });
}
