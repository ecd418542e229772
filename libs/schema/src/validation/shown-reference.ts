import type { JsonObject } from "@kubets/api";
import { textAt } from "../json-fields.ts";

/** A reference to an object as Go writes its internal type. */
export function shownReference(reference: JsonObject | undefined): JsonObject {
  return {
    Kind: textAt(reference, "kind"),
    Namespace: textAt(reference, "namespace"),
    Name: textAt(reference, "name"),
    UID: textAt(reference, "uid"),
    APIVersion: textAt(reference, "apiVersion"),
    ResourceVersion: textAt(reference, "resourceVersion"),
    FieldPath: textAt(reference, "fieldPath"),
  };
}
