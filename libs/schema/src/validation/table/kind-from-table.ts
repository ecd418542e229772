/** The rules of a kind that the table has, together with those that are code. */
import { type JsonObject, schemas } from "@kubets/api";
import type { KindRules, UpdateRule } from "../kind-rules.ts";
import type { Problems } from "../problems.ts";
import { type CompiledRules, compileRules, messageRules } from "./compile-rules.ts";
import { RULES_BY_KIND } from "./rules.ts";
import type { PhaseRules, TableRule } from "./table-rule.ts";

export type KindEntry = readonly [key: string, rules: KindRules];

const NO_PHASES: PhaseRules = {};

/** `key` is apiVersion and kind, as in "batch/v1.Job". Rules are compiled when the kind is first seen. */
export function kindFromTable(key: string, own: KindRules = {}): KindEntry {
  const phases = RULES_BY_KIND[key] ?? NO_PHASES;
  const create = lazily(() => [...(phases.create ?? []), ...rulesOfMessages(key)]);
  const change = lazily(() => phases.update ?? []);
  const subresources: Record<string, UpdateRule> = {};
  for (const name of new Set([...Object.keys(phases), ...Object.keys(own.subresources ?? {})])) {
    if (name === "create" || name === "update") continue;
    const rules = lazily(() => phases[name] ?? []);
    subresources[name] = (object, old, problems) => {
      rules(object, old, problems);
      own.subresources?.[name]?.(object, old, problems);
    };
  }
  return [
    key,
    {
      ...own,
      create(object, problems) {
        create(object, undefined, problems);
        own.create?.(object, problems);
      },
      change(object, old, problems) {
        change(object, old, problems);
        own.change?.(object, old, problems);
      },
      subresources,
    },
  ];
}

function rulesOfMessages(key: string): TableRule[] {
  const dot = key.lastIndexOf(".");
  const [group = "", version] = key.slice(0, dot).split("/");
  const type =
    version === undefined
      ? schemas.kind("", group, key.slice(dot + 1))
      : schemas.kind(group, version, key.slice(dot + 1));
  return type === undefined ? [] : messageRules(type, schemas);
}

function lazily(rules: () => readonly TableRule[]): CompiledRules {
  let compiled: CompiledRules | undefined;
  return (object: JsonObject, old: JsonObject | undefined, problems: Problems) => {
    compiled ??= compileRules(rules());
    compiled(object, old, problems);
  };
}
