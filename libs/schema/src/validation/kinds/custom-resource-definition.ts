/** Upstream: staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go @1.36 */
import type { JsonObject } from "@kubets/api";
import { entryOf, isNil, itemsAt, objectAt, textAt, textsAt } from "../../json-fields.ts";
import { METADATA, type Path, SPEC, STATUS } from "../path.ts";
import type { Problems } from "../problems.ts";
import { type KindEntry, kindFromTable } from "../table/kind-from-table.ts";
import { validateClient } from "./webhooks.ts";

const VERSIONS = SPEC.child("versions");
const APPROVED = "api-approved.kubernetes.io";
const DEPRECATION_WARNING_MAX = 256;
/** A path of names, without lists. */
const SIMPLE_PATH = /^(\.[A-Za-z_][\w-]*)+$/;
const UNPRINTABLE = /\p{C}/u;
const CONVERSION_VERSIONS: readonly string[] = ["v1", "v1beta1"];

function validateDefinition(definition: JsonObject, problems: Problems): void {
  const spec = objectAt(definition, "spec") ?? {};
  const group = textAt(spec, "group");
  const names = objectAt(spec, "names");
  const name = textAt(objectAt(definition, "metadata"), "name");
  if (name !== `${textAt(names, "plural")}.${group}`) {
    problems.invalid(METADATA.child("name"), name, 'must be spec.names.plural+"."+spec.group');
  }
  if (group !== "" && group.split(".").length < 2) {
    problems.invalid(SPEC.child("group"), group, "should be a domain with at least one dot");
  }
  const listKind = textAt(names, "listKind");
  if (listKind !== "" && listKind === textAt(names, "kind")) {
    const detail = "kind and listKind may not be the same";
    problems.invalid(SPEC.child("names").child("listKind"), listKind, detail);
  }
  validateVersions(spec, problems);
  validateConversion(objectAt(spec, "conversion"), problems);
}

function validateVersions(spec: JsonObject, problems: Problems): void {
  const versions = itemsAt(spec, "versions");
  const names = versions.map((version) => textAt(version, "name"));
  if (new Set(names).size !== names.length) {
    problems.invalid(VERSIONS, spec.versions ?? null, "must contain unique version names");
  }
  if (versions.filter((version) => version.storage === true).length !== 1) {
    const detail = "must have exactly one version marked as storage version";
    problems.invalid(VERSIONS, spec.versions ?? null, detail);
  }
  versions.forEach((version, i) => {
    const schema = objectAt(version, "schema");
    if (isNil(schema?.openAPIV3Schema)) {
      const here = VERSIONS.index(i).child("schema").child("openAPIV3Schema");
      problems.required(here, "schemas are required");
    }
    validateDeprecation(version, VERSIONS.index(i), problems);
    const scale = objectAt(objectAt(version, "subresources"), "scale");
    const at = VERSIONS.index(i).child("subresources").child("scale");
    if (scale !== undefined) validateScale(scale, at, problems);
  });
}

function validateDeprecation(version: JsonObject, at: Path, problems: Problems): void {
  const warning = version.deprecationWarning;
  if (typeof warning !== "string") return;
  const here = at.child("deprecationWarning");
  if (version.deprecated !== true) {
    problems.invalid(here, warning, "can only be set for deprecated versions");
  }
  if (warning.length > DEPRECATION_WARNING_MAX) {
    const detail = `must be <= ${DEPRECATION_WARNING_MAX} characters long`;
    problems.invalid(here, warning, detail);
  }
  if (warning === "") problems.invalid(here, warning, "must not be empty if specified");
  if (UNPRINTABLE.test(warning)) {
    problems.invalid(here, warning, "must only contain printable UTF-8 characters");
  }
}

function validateScale(scale: JsonObject, at: Path, problems: Problems): void {
  for (const [field, roots] of [
    ["specReplicasPath", [".spec"]],
    ["statusReplicasPath", [".status"]],
    ["labelSelectorPath", [".spec", ".status"]],
  ] as const) {
    const path = textAt(scale, field);
    if (path === "") continue;
    if (!SIMPLE_PATH.test(path)) {
      problems.invalid(at.child(field), path, "must be a json path without array notation");
    } else if (!roots.some((root) => path.startsWith(`${root}.`))) {
      const detail = `should be a json path under ${roots.join(" or ")}`;
      problems.invalid(at.child(field), path, detail);
    }
  }
}

function validateConversion(conversion: JsonObject | undefined, problems: Problems): void {
  const at = SPEC.child("conversion");
  const webhook = objectAt(conversion, "webhook");
  const client = objectAt(webhook, "clientConfig");
  const versions = textsAt(webhook, "conversionReviewVersions");
  if (textAt(conversion, "strategy") !== "Webhook") {
    if (client !== undefined) {
      const detail = "should not be set when strategy is not set to Webhook";
      problems.forbidden(at.child("webhookClientConfig"), detail);
    }
    if (versions.length > 0) {
      const detail = "should not be set when strategy is not set to Webhook";
      problems.forbidden(at.child("conversionReviewVersions"), detail);
    }
    return;
  }
  validateClient(client, at.child("webhookClientConfig"), problems);
  const here = at.child("conversionReviewVersions");
  if (versions.length === 0) problems.required(here);
  else if (!versions.some((version) => CONVERSION_VERSIONS.includes(version))) {
    const detail = `must include at least one of ${CONVERSION_VERSIONS.join(", ")}`;
    problems.invalid(here, [...versions], detail);
  }
}

/** Groups of the project's own domains need a review of their API. */
function validateApproval(definition: JsonObject, problems: Problems): void {
  const group = textAt(objectAt(definition, "spec"), "group");
  const domains = ["k8s.io", "kubernetes.io"];
  if (!domains.some((domain) => group === domain || group.endsWith(`.${domain}`))) return;
  const annotations = objectAt(objectAt(definition, "metadata"), "annotations");
  const approval = entryOf(annotations, APPROVED) ?? "";
  const at = METADATA.child("annotations").key(APPROVED);
  const see = "https://github.com/kubernetes/enhancements/pull/1111";
  if (approval === "") {
    const detail = `protected groups must have approval annotation "${APPROVED}", see ${see}`;
    problems.required(at, detail);
  } else if (!approval.startsWith("unapproved") && !URL.canParse(approval)) {
    const detail = `protected groups must have approval annotation "${APPROVED}" with either a URL or a reason starting with "unapproved", see ${see}`;
    problems.invalid(at, approval, detail);
  }
}

function isEstablished(definition: JsonObject): boolean {
  return itemsAt(objectAt(definition, "status"), "conditions").some(
    (condition) => condition.type === "Established" && condition.status === "True",
  );
}

function validateChange(definition: JsonObject, old: JsonObject, problems: Problems): void {
  const spec = objectAt(definition, "spec");
  const before = objectAt(old, "spec");
  if (isEstablished(old)) {
    if (spec?.scope !== before?.scope) problems.immutable(SPEC.child("scope"), spec?.scope);
    const kind = textAt(objectAt(spec, "names"), "kind");
    if (kind !== textAt(objectAt(before, "names"), "kind")) {
      problems.immutable(SPEC.child("names").child("kind"), kind);
    }
  }
  const names = itemsAt(spec, "versions").map((version) => textAt(version, "name"));
  textsAt(objectAt(definition, "status"), "storedVersions").forEach((stored, i) => {
    if (names.includes(stored)) return;
    const detail = `missing from spec.versions; ${stored} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${stored} and removes ${stored} from status.storedVersions`;
    problems.invalid(STATUS.child("storedVersions").index(i), stored, detail);
  });
}

function validateStatus(definition: JsonObject, _old: JsonObject, problems: Problems): void {
  const stored = textsAt(objectAt(definition, "status"), "storedVersions");
  const at = STATUS.child("storedVersions");
  if (stored.length === 0) {
    problems.invalid(at, [], "must have at least one stored version");
    return;
  }
  const versions = itemsAt(objectAt(definition, "spec"), "versions");
  const names = versions.map((version) => textAt(version, "name"));
  stored.forEach((version, i) => {
    if (!names.includes(version)) {
      problems.invalid(at.index(i), version, "must appear in spec.versions");
    }
  });
  const storage = versions.find((version) => version.storage === true);
  const name = textAt(storage, "name");
  if (storage !== undefined && !stored.includes(name)) {
    problems.invalid(at, [...stored], `must have the storage version ${name}`);
  }
}

export const customResourceDefinitionEntry: KindEntry = kindFromTable(
  "apiextensions.k8s.io/v1.CustomResourceDefinition",
  {
    create: validateDefinition,
    onlyCreate: validateApproval,
    change: validateChange,
    subresources: { status: validateStatus },
  },
);
