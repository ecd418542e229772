/**
 * The options of every verb, in one typed value, from wherever an edge read them.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go ListOptions, CreateOptions @1.36 and
 * pkg/apis/meta/v1/validation/validation.go @1.36
 */
import { badRequest, invalid } from "@kubets/api";
import type { StatusCause } from "@kubets/api/meta/v1";
import type { ReadOptions } from "@kubets/registry";
import type { Query } from "./query.ts";

export interface RequestOptions {
  readonly read: ReadOptions;
  /** Watch and list: how long the server may take. */
  readonly timeoutSeconds?: number;
  readonly dryRun: readonly string[];
  readonly fieldManager: string;
  readonly fieldValidation: string;
  /** Apply patches only; undefined where the client did not say. */
  readonly force?: boolean;
  /** DELETE without a body. */
  readonly delete?: DeleteParameters;
}

export interface DeleteParameters {
  readonly gracePeriodSeconds?: number;
  readonly orphanDependents?: boolean;
  readonly propagationPolicy?: string;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun?: readonly string[];
}

export const noOptions: RequestOptions = {
  read: {},
  dryRun: [],
  fieldManager: "",
  fieldValidation: "",
};

/** Reads what the verb knows; other parameters are ignored, as upstream does. Throws 400 for malformed ones. */
export function parseOptions(verb: string, query: Query): RequestOptions {
  if (query.isEmpty) return noOptions;
  switch (verb) {
    case "get":
    case "list":
    case "watch":
    case "deletecollection":
    case "delete":
      return { ...noOptions, ...parseReading(query), delete: parseDeletion(query) };
    default:
      return {
        read: {},
        dryRun: query.all("dryRun"),
        fieldManager: query.first("fieldManager") ?? "",
        fieldValidation: query.first("fieldValidation") ?? "",
        ...optional("force", flag(query, "force")),
      };
  }
}

function parseReading(query: Query): Pick<RequestOptions, "read" | "timeoutSeconds"> {
  const text = (key: string) => {
    const value = query.first(key);
    return value === "" ? undefined : value;
  };
  return {
    read: {
      ...optional("labelSelector", text("labelSelector")),
      ...optional("fieldSelector", text("fieldSelector")),
      ...optional("resourceVersion", text("resourceVersion")),
      ...optional("resourceVersionMatch", text("resourceVersionMatch")),
      ...optional("limit", integer(query, "limit")),
      ...optional("continueToken", text("continue")),
      ...optional("allowWatchBookmarks", flag(query, "allowWatchBookmarks")),
      ...optional("sendInitialEvents", flag(query, "sendInitialEvents")),
    },
    ...optional("timeoutSeconds", integer(query, "timeoutSeconds")),
  };
}

function parseDeletion(query: Query): DeleteParameters {
  return {
    ...optional("gracePeriodSeconds", integer(query, "gracePeriodSeconds")),
    ...optional("orphanDependents", flag(query, "orphanDependents")),
    ...optional("propagationPolicy", query.first("propagationPolicy")),
    dryRun: query.all("dryRun"),
  };
}

function optional<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]?: V });
}

function integer(query: Query, key: string): number | undefined {
  const text = query.first(key);
  if (text === undefined) return undefined;
  if (!/^[+-]?\d+$/.test(text)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  const value = Number(text);
  if (!Number.isSafeInteger(value)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  }
  return value;
}

function flag(query: Query, key: string): boolean | undefined {
  const text = query.first(key)?.toLowerCase();
  if (text === undefined) return undefined;
  return text !== "false" && text !== "0";
}

export type WriteKind = "CreateOptions" | "UpdateOptions" | "PatchOptions";

/** Throws 422 as upstream does for options with a wrong value. */
export function validateWriteOptions(
  kind: WriteKind,
  options: RequestOptions,
  isApply = false,
): void {
  if (options === noOptions && !isApply) return;
  const causes: StatusCause[] = [
    ...(kind === "PatchOptions" ? forceAndManager(options, isApply) : []),
    ...fieldManagerCauses(options.fieldManager),
    ...dryRunCauses(options.dryRun),
    ...fieldValidationCauses(options.fieldValidation),
  ];
  if (causes.length > 0) throw invalid({ group: "meta.k8s.io", kind }, "", causes);
}

export function dryRunCauses(dryRun: readonly string[]): StatusCause[] {
  if (dryRun.every((value) => value === "All")) return [];
  const shown = dryRun.map((value) => JSON.stringify(value)).join(",");
  return [
    {
      reason: "FieldValueNotSupported",
      message: `Unsupported value: [${shown}]: supported values: "All"`,
      field: "dryRun",
    },
  ];
}

function forceAndManager(options: RequestOptions, isApply: boolean): StatusCause[] {
  if (isApply) {
    if (options.fieldManager !== "") return [];
    return [
      {
        reason: "FieldValueRequired",
        message: "Required value: is required for apply patch",
        field: "fieldManager",
      },
    ];
  }
  if (options.force === undefined) return [];
  return [
    {
      reason: "FieldValueForbidden",
      message: "Forbidden: may not be specified for non-apply patch",
      field: "force",
    },
  ];
}

const fieldManagerLengthMax = 128;

function fieldManagerCauses(manager: string): StatusCause[] {
  if (Buffer.byteLength(manager) > fieldManagerLengthMax) {
    return [
      {
        reason: "FieldValueTooLong",
        message: `Too long: may not be more than ${fieldManagerLengthMax} bytes`,
        field: "fieldManager",
      },
    ];
  }
  const causes: StatusCause[] = [];
  let position = 0;
  for (const character of manager) {
    if (!isPrintable(character)) {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
      causes.push({
        reason: "FieldValueInvalid",
        message: `Invalid value: ${JSON.stringify(manager)}: invalid character U+${code} (at position ${position})`,
        field: "fieldManager",
      });
    }
    position += Buffer.byteLength(character);
  }
  return causes;
}

function fieldValidationCauses(value: string): StatusCause[] {
  if (value === "" || value === "Ignore" || value === "Warn" || value === "Strict") return [];
  return [
    {
      reason: "FieldValueNotSupported",
      message: `Unsupported value: ${JSON.stringify(value)}: supported values: "", "Ignore", "Strict", "Warn"`,
      field: "fieldValidation",
    },
  ];
}

/** Letters, marks, numbers, punctuation, symbols and the ASCII space: Go's unicode.IsPrint. */
function isPrintable(character: string): boolean {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character);
}

/**
 * The manager that managed fields record where the client names none: the user agent up to its first slash.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/create.go prefixFromUserAgent @1.36
 */
export function managerFrom(fieldManager: string, userAgent: string): string {
  if (fieldManager !== "") return fieldManager;
  const known = managers.get(userAgent);
  if (known !== undefined) return known;
  let prefix = "";
  for (const character of userAgent.split("/")[0] ?? "") {
    if (!isPrintable(character)) continue;
    if (Buffer.byteLength(prefix + character) > fieldManagerLengthMax) break;
    prefix += character;
  }
  if (managers.size >= managersMax) managers.clear();
  managers.set(userAgent, prefix);
  return prefix;
}

/** Clients are few and repeat their user agent with every request. */
const managers = new Map<string, string>();
const managersMax = 1000;
