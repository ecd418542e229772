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
  validateCommonMeta,
  validateMetaChange,
  validateObjectMeta,
  validateStandardFinalizers,
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

/**
 * What is wrong with a change; `subresource` is "" for the object itself. The metadata is looked at for every kind
 * alike and again by the kind, as upstream does, so clients are told of what is wrong with it twice or more.
 */
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
  validateCommonMeta(json, meta.namespaced, problems);
  // What holds for metadata by itself has just been looked at; it need not be again when all is well.
  const isSound = problems.causes.length === 0;
  const changes = new Problems();
  validateMetaChange(json, before, changes, isSound);
  problems.addAll(changes);
  const change: MetaCheck = () => {
    problems.addAll(changes);
    validateStandardFinalizers(json, problems);
  };
  const whole: MetaCheck = () => validateObjectMeta(json, meta, problems);
  if (subresource === "") validateMain(json, before, rules, { change, whole }, problems);
  else {
    change();
    rules.subresources?.[subresource]?.(json, before, problems);
  }
  return problems.causes;
}

type MetaCheck = () => void;

function validateMain(
  object: JsonObject,
  old: JsonObject,
  rules: KindRules,
  meta: { readonly change: MetaCheck; readonly whole: MetaCheck },
  problems: Problems,
): void {
  const { metaOnUpdate = "change" } = rules;
  if (metaOnUpdate === "change") meta.change();
  if (rules.update !== undefined) {
    rules.update(object, old, problems);
    return;
  }
  // What must hold for a new object must hold for a changed one.
  if (metaOnUpdate === "whole") meta.whole();
  rules.create?.(object, problems);
  if (metaOnUpdate === "whole") meta.change();
  rules.change?.(object, old, problems);
}

function isJson(value: unknown): value is JsonObject {
  return isJsonObject(value as JsonObject);
}
