/**
 * Validation of built-in objects: the metadata rules, and the rules of the kind for what is being done. It
 * never throws, whatever the object holds.
 *
 * Upstream: the Validate and ValidateUpdate of each strategy in pkg/registry @1.36
 */
import { builtinResources, type JsonObject, type KubeObject } from "@kubets/api";
import type { StatusCause } from "@kubets/api/meta/v1";
import { isJsonObject } from "../plain-object.ts";
import type { KindRules } from "./kind-rules.ts";
import { KIND_RULES } from "./kinds/kind-table.ts";
import { nameFormat } from "./name-formats.ts";
import {
  type ObjectMetaRules,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from "./object-meta.ts";
import { Problems } from "./problems.ts";

const NAMESPACED: ReadonlySet<string> = new Set(
  builtinResources
    .filter((resource) => resource.namespaced)
    .map(({ group, version, kind }) => `${group === "" ? version : `${group}/${version}`}.${kind}`),
);

interface Compiled {
  readonly meta: ObjectMetaRules;
  readonly rules: KindRules;
}

const compiled = new Map<string, Compiled>();
const NO_RULES: KindRules = {};
/** Names of kinds come from objects; only so many of them are remembered. */
const KINDS_MAX = 1_000;

function compile(object: JsonObject): Compiled {
  const apiVersion = typeof object.apiVersion === "string" ? object.apiVersion : "";
  const kind = typeof object.kind === "string" ? object.kind : "";
  const key = `${apiVersion}.${kind}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const fresh: Compiled = {
    meta: { namespaced: NAMESPACED.has(key), name: nameFormat(apiVersion, kind) },
    rules: KIND_RULES.get(key) ?? NO_RULES,
  };
  if (compiled.size < KINDS_MAX) compiled.set(key, fresh);
  return fresh;
}

/** What is wrong with a new object; empty when nothing is. */
export function validateCreate(object: KubeObject): StatusCause[] {
  const problems = new Problems();
  const json: unknown = object;
  if (!isJson(json)) return problems.causes;
  const { meta, rules } = compile(json);
  if (!rules.skipsMetadata) validateObjectMeta(json, meta, problems);
  rules.create?.(json, problems);
  rules.onlyCreate?.(json, problems);
  return problems.causes;
}

/** What is wrong with a change; `subresource` is "" for the object itself. */
export function validateUpdate(
  object: KubeObject,
  old: KubeObject,
  subresource: string,
): StatusCause[] {
  const problems = new Problems();
  const json: unknown = object;
  const before: unknown = old;
  if (!isJson(json) || !isJson(before)) return problems.causes;
  const { meta, rules } = compile(json);
  validateObjectMetaUpdate(json, before, problems);
  if (subresource === "") {
    if (rules.update !== undefined) rules.update(json, before, problems);
    else {
      // What must hold for a new object must hold for a changed one.
      if (!rules.skipsMetadata) validateObjectMeta(json, meta, problems);
      rules.create?.(json, problems);
      rules.change?.(json, before, problems);
    }
  } else {
    rules.subresources?.[subresource]?.(json, before, problems);
  }
  return withoutRepeats(problems.causes);
}

function isJson(value: unknown): value is JsonObject {
  return isJsonObject(value as JsonObject);
}

/** Upstream checks labels and the like twice on an update, and clients see each problem once. */
function withoutRepeats(causes: StatusCause[]): StatusCause[] {
  if (causes.length < 2) return causes;
  const seen = new Set<string>();
  return causes.filter((cause) => {
    const key = `${cause.field}\n${cause.message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
