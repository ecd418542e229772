/**
 * What the parameters of a list or a watch mean together, and which of them do not go together.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/apis/meta/internalversion/validation/validation.go and
 * staging/src/k8s.io/apiserver/pkg/storage/interfaces.go ValidateListOptions @1.36
 */
import { badRequest, invalid } from "@kubets/api";
import type { StatusCause } from "@kubets/api/meta/v1";
import type { Freshness } from "@kubets/watch-cache";
import type { ReadOptions } from "../store.ts";

const MATCHES = ["Exact", "NotOlderThan"];

/** Which state a list without a continue token shows. */
export function listFreshness(options: ReadOptions): Freshness {
  const { resourceVersion = "", resourceVersionMatch = "", limit = 0 } = options;
  if (resourceVersion === "") return "mostRecent";
  if (resourceVersion === "0") return "any";
  const revision = parseResourceVersion(resourceVersion, "invalid resource version: ");
  if (revision === 0n) return "any";
  // A limit without a match has always meant the exact version.
  const isExact = resourceVersionMatch === "Exact" || (resourceVersionMatch === "" && limit > 0);
  return isExact ? { exact: revision } : { notOlderThan: revision };
}

/** Decimal digits, as upstream's versioner reads them; `prefix` is what lists put in front of its refusal. */
export function parseResourceVersion(text: string, prefix = ""): bigint {
  if (/^[0-9]{1,39}$/.test(text)) return BigInt(text);
  const quoted = JSON.stringify(text);
  throw badRequest(
    `${prefix}resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`,
  );
}

export function checkListOptions(options: ReadOptions): void {
  const { resourceVersionMatch: match = "", resourceVersion = "", continueToken = "" } = options;
  const causes: StatusCause[] = [];
  if (match !== "") {
    if (resourceVersion === "") {
      causes.push(
        forbiddenMatch("resourceVersionMatch is forbidden unless resourceVersion is provided"),
      );
    }
    if (continueToken !== "") {
      causes.push(forbiddenMatch("resourceVersionMatch is forbidden when continue is provided"));
    }
    if (!MATCHES.includes(match))
      causes.push(unsupportedMatch(match, '"Exact", "NotOlderThan", ""'));
    if (match === "Exact" && resourceVersion === "0") {
      causes.push(
        forbiddenMatch('resourceVersionMatch "exact" is forbidden for resourceVersion "0"'),
      );
    }
  }
  if (options.sendInitialEvents !== undefined) {
    causes.push({
      reason: "FieldValueForbidden",
      message: "Forbidden: sendInitialEvents is forbidden for list",
      field: "sendInitialEvents",
    });
  }
  refuse(causes);
  if (continueToken !== "" && resourceVersion !== "" && resourceVersion !== "0") {
    throw badRequest("specifying resource version is not allowed when using continue");
  }
}

export function checkWatchOptions(options: ReadOptions): void {
  const { resourceVersionMatch: match = "", sendInitialEvents, continueToken = "" } = options;
  const causes: StatusCause[] = [];
  if (sendInitialEvents !== undefined && match !== "NotOlderThan") {
    causes.push(
      forbiddenMatch("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"),
    );
  }
  if (match !== "") {
    if (sendInitialEvents === undefined) {
      causes.push(
        forbiddenMatch(
          "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        ),
      );
    }
    if (match !== "NotOlderThan") causes.push(unsupportedMatch(match, '"NotOlderThan"'));
    if (continueToken !== "") {
      causes.push(forbiddenMatch("resourceVersionMatch is forbidden when continue is provided"));
    }
  }
  refuse(causes);
}

function refuse(causes: readonly StatusCause[]): void {
  if (causes.length > 0) throw invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", causes);
}

function forbiddenMatch(why: string): StatusCause {
  return {
    reason: "FieldValueForbidden",
    message: `Forbidden: ${why}`,
    field: "resourceVersionMatch",
  };
}

function unsupportedMatch(match: string, supported: string): StatusCause {
  return {
    reason: "FieldValueNotSupported",
    message: `Unsupported value: ${JSON.stringify(match)}: supported values: ${supported}`,
    field: "resourceVersionMatch",
  };
}
