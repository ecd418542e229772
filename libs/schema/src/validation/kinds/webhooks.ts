/** Upstream: pkg/apis/admissionregistration/validation/validation.go @1.36 */
import type { JsonObject } from "@kubets/api";
import { isNil, itemsAt, maybeTextAt, objectAt, textAt, textsAt } from "../../json-fields.ts";
import { dns1035Label, dns1123Subdomain } from "../formats.ts";
import { Path } from "../path.ts";
import type { Problems } from "../problems.ts";
import { type KindEntry, kindFromTable } from "../table/kind-from-table.ts";

const REVIEW_VERSIONS: readonly string[] = ["v1", "v1beta1"];
const WEBHOOKS = Path.of("webhooks");
/** What stands alone when it is everything, in the words of the message. */
const WILDCARDS: Readonly<Record<string, string>> = {
  operations: "operations",
  apiGroups: "API groups",
  apiVersions: "API versions",
};

function validateWebhooks(configuration: JsonObject, problems: Problems): void {
  itemsAt(configuration, "webhooks").forEach((webhook, i) => {
    const at = WEBHOOKS.index(i);
    if (textAt(webhook, "name") === "") problems.required(at.child("name"));
    if (isNil(webhook.sideEffects)) {
      problems.required(at.child("sideEffects"), "must specify one of None, NoneOnDryRun");
    }
    validateReviewVersions(textsAt(webhook, "admissionReviewVersions"), at, problems);
    validateClient(objectAt(webhook, "clientConfig"), at.child("clientConfig"), problems);
    itemsAt(webhook, "rules").forEach((rule, j) => {
      validateRule(rule, at.child("rules").index(j), problems);
    });
  });
}

function validateReviewVersions(versions: readonly string[], at: Path, problems: Problems): void {
  const here = at.child("admissionReviewVersions");
  if (versions.length === 0) {
    problems.required(here, `must specify one of ${REVIEW_VERSIONS.join(", ")}`);
    return;
  }
  const seen = new Set<string>();
  versions.forEach((version, i) => {
    if (seen.has(version)) problems.invalid(here.index(i), version, "duplicate version");
    else problems.invalidEach(here.index(i), version, dns1035Label(version));
    seen.add(version);
  });
  if (!versions.some((version) => REVIEW_VERSIONS.includes(version))) {
    const detail = `must include at least one of ${REVIEW_VERSIONS.join(", ")}`;
    problems.invalid(here, [...versions], detail);
  }
}

function validateRule(rule: JsonObject, at: Path, problems: Problems): void {
  for (const [field, words] of Object.entries(WILDCARDS)) {
    const values = textsAt(rule, field);
    if (values.length > 1 && values.includes("*")) {
      const detail = `if '*' is present, must not specify other ${words}`;
      problems.invalid(at.child(field), [...values], detail);
    }
  }
  textsAt(rule, "apiVersions").forEach((version, i) => {
    if (version === "") problems.required(at.child("apiVersions").index(i));
  });
  validateRuleResources(textsAt(rule, "resources"), at.child("resources"), problems);
}

function validateRuleResources(resources: readonly string[], at: Path, problems: Problems): void {
  const allSubresourcesOf = new Set<string>();
  const subresourcesOfAll = new Set<string>();
  resources.forEach((text, i) => {
    if (text === "") problems.required(at.index(i));
    const slash = text.indexOf("/");
    if (slash === -1) return;
    const resource = text.slice(0, slash);
    const subresource = text.slice(slash + 1);
    for (const [wildcard, isThere] of [
      [`${resource}/*`, allSubresourcesOf.has(resource)],
      [`*/${subresource}`, subresourcesOfAll.has(subresource)],
    ] as const) {
      const detail = `if '${wildcard}' is present, must not specify ${text}`;
      if (isThere) problems.invalid(at.index(i), text, detail);
    }
    if (subresource === "*") allSubresourcesOf.add(resource);
    if (resource === "*") subresourcesOfAll.add(subresource);
  });
  if (resources.length > 1 && resources.includes("*/*")) {
    const detail = "if '*/*' is present, must not specify other resources";
    problems.invalid(at, [...resources], detail);
  }
  const plain = resources.some((text) => text !== "" && text !== "*" && !text.includes("/"));
  if (resources.includes("*") && plain) {
    const detail = "if '*' is present, must not specify other resources without subresources";
    problems.invalid(at, [...resources], detail);
  }
}

/** Of webhooks and of conversion webhooks. */
export function validateClient(client: JsonObject | undefined, at: Path, problems: Problems): void {
  const url = maybeTextAt(client, "url");
  if (url !== undefined) validateUrl(url, at.child("url"), problems);
  const path = maybeTextAt(objectAt(client, "service"), "path");
  if (path !== undefined) {
    validateServicePath(path, at.child("service").child("path"), problems);
  }
}

function validateUrl(text: string, at: Path, problems: Problems): void {
  const form = "desired format: https://host[/path]";
  if (!URL.canParse(text)) {
    problems.required(at, `url must be a valid URL; ${form}`);
    return;
  }
  const url = new URL(text);
  if (url.protocol !== "https:") {
    const scheme = url.protocol.slice(0, -1);
    const detail = `'https' is the only allowed URL scheme; ${form}`;
    problems.invalid(at, scheme, detail);
  }
  if (url.host === "") problems.invalid(at, url.host, `host must be specified; ${form}`);
  if (url.username !== "" || url.password !== "") {
    problems.invalid(at, url.username, "user information is not permitted in the URL");
  }
  if (url.hash !== "") {
    problems.invalid(at, url.hash.slice(1), "fragments are not permitted in the URL");
  }
  if (url.search !== "") {
    problems.invalid(at, url.search.slice(1), "query parameters are not permitted in the URL");
  }
}

function validateServicePath(path: string, at: Path, problems: Problems): void {
  if (path === "") return;
  if (path === "/") return;
  if (!path.startsWith("/")) problems.invalid(at, path, "must start with a '/'");
  const toCheck = path.startsWith("/") ? path.slice(1) : path;
  const steps = (toCheck.endsWith("/") ? toCheck.slice(0, -1) : toCheck).split("/");
  steps.forEach((step, i) => {
    if (step === "") {
      problems.invalid(at, path, `segment[${i}] may not be empty`);
      return;
    }
    for (const wrong of dns1123Subdomain(step)) {
      problems.invalid(at, path, `segment[${i}]: ${wrong}`);
    }
  });
}

export const WEBHOOK_RULES: readonly KindEntry[] = [
  kindFromTable("admissionregistration.k8s.io/v1.ValidatingWebhookConfiguration", {
    create: validateWebhooks,
  }),
  kindFromTable("admissionregistration.k8s.io/v1.MutatingWebhookConfiguration", {
    create: validateWebhooks,
  }),
];
