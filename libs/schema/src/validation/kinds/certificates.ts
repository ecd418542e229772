/** Upstream: pkg/apis/certificates/validation/validation.go @1.36 */
import type { JsonObject } from "@kubets/api";
import { itemsAt, objectAt, textAt, textsAt } from "../../json-fields.ts";
import { SPEC, STATUS } from "../path.ts";
import type { Problems } from "../problems.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { type KindEntry, kindFromTable } from "../table/kind-from-table.ts";

const USAGES: readonly string[] = [
  "any",
  "cert sign",
  "client auth",
  "code signing",
  "content commitment",
  "crl sign",
  "data encipherment",
  "decipher only",
  "digital signature",
  "email protection",
  "encipher only",
  "ipsec end system",
  "ipsec tunnel",
  "ipsec user",
  "key agreement",
  "key encipherment",
  "microsoft sgc",
  "netscape sgc",
  "ocsp signing",
  "s/mime",
  "server auth",
  "signing",
  "timestamping",
];
const CONDITIONS = STATUS.child("conditions");
const DECISIONS: readonly string[] = ["Approved", "Denied"];

function validateRequest(request: JsonObject, problems: Problems): void {
  const spec = objectAt(request, "spec");
  textsAt(spec, "usages").forEach((usage, i) => {
    if (!USAGES.includes(usage)) {
      problems.notSupported(SPEC.child("usages").index(i), usage, USAGES);
    }
  });
  const encoded = textAt(spec, "request");
  if (encoded === "") return;
  const pem = Buffer.from(encoded, "base64").toString("latin1");
  if (!pem.includes("-----BEGIN CERTIFICATE REQUEST-----")) {
    const detail = "PEM block type must be CERTIFICATE REQUEST";
    problems.invalid(SPEC.child("request"), encoded, detail);
  }
}

function conditionsOf(request: JsonObject, type: string): readonly JsonObject[] {
  return itemsAt(objectAt(request, "status"), "conditions").filter(
    (condition) => condition.type === type,
  );
}

function validateConditions(request: JsonObject, problems: Problems): void {
  const types = new Set<string>();
  itemsAt(objectAt(request, "status"), "conditions").forEach((condition, i) => {
    const at = CONDITIONS.index(i);
    const type = textAt(condition, "type");
    const status = textAt(condition, "status");
    const statuses =
      DECISIONS.includes(type) || type === "Failed" ? ["True"] : ["True", "False", "Unknown"];
    if (type === "") problems.required(at.child("type"));
    if (status === "") problems.required(at.child("status"));
    else if (!statuses.includes(status))
      problems.notSupported(at.child("status"), status, statuses);
    if (types.has(type)) problems.duplicate(at.child("type"), type);
    types.add(type);
  });
  if (DECISIONS.every((type) => types.has(type))) {
    problems.invalid(
      CONDITIONS,
      "Approved",
      "Approved and Denied conditions are mutually exclusive",
    );
  }
}

/** Decisions stay; only the approval subresource may add one. */
function validateDecisions(
  request: JsonObject,
  old: JsonObject,
  { mayAdd, problems }: { readonly mayAdd: boolean; readonly problems: Problems },
): void {
  for (const type of DECISIONS) {
    const now = conditionsOf(request, type);
    const before = conditionsOf(old, type);
    if (semanticEqual([...now], [...before])) continue;
    if (now.length < before.length) {
      problems.forbidden(
        CONDITIONS,
        `updates may not remove a condition of type ${JSON.stringify(type)}`,
      );
    } else if (now.length === before.length) {
      problems.forbidden(
        CONDITIONS,
        `updates may not modify a condition of type ${JSON.stringify(type)}`,
      );
    } else if (!mayAdd) {
      problems.forbidden(
        CONDITIONS,
        `updates may not add a condition of type ${JSON.stringify(type)}`,
      );
    }
  }
}

export const certificateRequestEntry: KindEntry = kindFromTable(
  "certificates.k8s.io/v1.CertificateSigningRequest",
  {
    create: validateRequest,
    subresources: {
      approval(request, old, problems) {
        validateConditions(request, problems);
        validateDecisions(request, old, { mayAdd: true, problems });
      },
      status(request, old, problems) {
        validateConditions(request, problems);
        validateDecisions(request, old, { mayAdd: false, problems });
        const before = textAt(objectAt(old, "status"), "certificate");
        const certificate = textAt(objectAt(request, "status"), "certificate");
        if (before !== "" && certificate !== before) {
          problems.forbidden(
            STATUS.child("certificate"),
            "updates may not change the certificate field once it is set",
          );
        }
      },
    },
  },
);
