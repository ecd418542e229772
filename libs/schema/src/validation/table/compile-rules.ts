/** From lines of the table to functions over objects. */
import type { JsonObject, JsonValue, SchemaTable, TypeSchema } from "@kubets/api";
import { isNil, isZero } from "../../json-fields.ts";
import { isJsonObject } from "../../plain-object.ts";
import { Path } from "../path.ts";
import type { Problems } from "../problems.ts";
import { CHECKS, type CheckInput } from "./checks.ts";
import { RULES_BY_MESSAGE } from "./rules.ts";
import type { Condition, TableRule } from "./table-rule.ts";

export type CompiledRules = (
  object: JsonObject,
  old: JsonObject | undefined,
  problems: Problems,
) => void;

/** An object that rules are about: the kind itself, or an item with its positions. */
interface Place {
  readonly root: JsonObject;
  readonly oldRoot: JsonObject | undefined;
  readonly node: JsonValue;
  readonly at: Path | undefined;
  readonly positions: readonly (string | number)[];
  /** The list that it is an item of. */
  readonly siblings: readonly JsonValue[];
  readonly seen: Seen;
}

/** By rule and list: the values of earlier items. */
type Seen = Map<TableRule, Map<readonly JsonValue[], Set<string>>>;

type Rule = (place: Place, problems: Problems) => void;

export function compileRules(rules: readonly TableRule[]): CompiledRules {
  const required = new Set(
    rules.filter((rule) => rule.check === "required").map((rule) => `${rule.in}|${rule.field}`),
  );
  const groups = new Map<string, Rule[]>();
  for (const rule of rules) {
    const key = rule.in ?? "";
    const compiled = compileRule(rule, required.has(`${rule.in}|${rule.field}`));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [compiled]);
    else group.push(compiled);
  }
  const plans = [...groups].map(([path, group]) => ({ steps: stepsOf(path), group }));
  return (object, old, problems) => {
    const root: Place = {
      root: object,
      oldRoot: old,
      node: object,
      at: undefined,
      positions: [],
      siblings: [],
      seen: new Map(),
    };
    for (const { steps, group } of plans) {
      visit(root, steps, 0, (place) => {
        for (const rule of group) rule(place, problems);
      });
    }
  };
}

/** "spec.rules[].paths[]" → spec, rules, [], paths, []. */
function stepsOf(path: string): readonly string[] {
  return path === "" ? [] : path.replace(/(\[\]|\{\})/g, ".$1").split(".");
}

function visit(
  place: Place,
  steps: readonly string[],
  i: number,
  found: (place: Place) => void,
): void {
  const step = steps[i];
  if (step === undefined) {
    found(place);
    return;
  }
  const { node } = place;
  if (step === "[]") {
    if (!Array.isArray(node)) return;
    node.forEach((item, index) => {
      const at = place.at?.index(index);
      visit(
        { ...place, node: item, at, positions: [...place.positions, index], siblings: node },
        steps,
        i + 1,
        found,
      );
    });
  } else if (step === "{}") {
    if (!isJsonObject(node)) return;
    for (const key of Object.keys(node)) {
      const at = place.at?.key(key);
      visit(
        { ...place, node: node[key] ?? null, at, positions: [...place.positions, key] },
        steps,
        i + 1,
        found,
      );
    }
  } else if (isJsonObject(node)) {
    const next = node[step];
    if (!isNil(next))
      visit({ ...place, node: next ?? null, at: childPath(place.at, step) }, steps, i + 1, found);
  }
}

function childPath(at: Path | undefined, name: string): Path {
  return at === undefined ? Path.of(name) : at.child(name);
}

function compileRule(rule: TableRule, hasRequired: boolean): Rule {
  const check = CHECKS[rule.check];
  if (check === undefined) throw new TypeError(`no check is called ${rule.check}`);
  const names = rule.field === "" ? [] : rule.field.split(".");
  const last = names.at(-1);
  const parents = names.slice(0, -1);
  return (place, problems) => {
    const holder = follow(place.node, parents);
    if (last !== undefined && !isJsonObject(holder)) return;
    const value = last === undefined ? place.node : isJsonObject(holder) ? holder[last] : undefined;
    const old = place.positions.length === 0 ? follow(place.oldRoot, names) : undefined;
    if (!holds(rule.when, { place, value, old })) return;
    const fieldAt = (): Path => names.reduce<Path | undefined>(childPath, place.at) ?? Path.of("");
    const at = (): Path =>
      rule.at === undefined ? fieldAt() : reportedAt(rule.at, place.positions);
    const input: CheckInput = {
      rule,
      value,
      old,
      holder: isJsonObject(place.node) ? place.node : {},
      root: place.root,
      seen: rule.check === "unique" ? seenBy(rule, value, place) : NOTHING_SEEN,
      hasRequired,
      hasOld: place.oldRoot !== undefined,
      at,
    };
    if (rule.each === undefined) check(input, problems);
    else eachOf(input, (item) => check(item, problems));
  };
}

const NOTHING_SEEN: Set<string> = new Set();

/** One set for all the items of a list. */
function seenBy(
  rule: TableRule,
  value: JsonValue | undefined,
  { seen, siblings }: Place,
): Set<string> {
  const list = rule.each === "item" && Array.isArray(value) ? value : siblings;
  return made(made(seen, rule, newMap), list, newSet);
}

const newMap = (): Map<readonly JsonValue[], Set<string>> => new Map();
const newSet = (): Set<string> => new Set();

function made<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const fresh = make();
  map.set(key, fresh);
  return fresh;
}

function eachOf(input: CheckInput, run: (item: CheckInput) => void): void {
  const { value, rule } = input;
  if (rule.each === "item" && Array.isArray(value)) {
    for (const [i, item] of value.entries()) {
      run({
        ...input,
        value: item,
        at: () => (rule.at === undefined ? input.at().index(i) : input.at()),
      });
    }
  } else if (rule.each === "value" && isJsonObject(value)) {
    for (const key of Object.keys(value)) {
      run({
        ...input,
        value: value[key],
        key,
        at: () => (rule.at === undefined ? input.at().key(key) : input.at()),
      });
    }
  }
}

function follow(node: JsonValue | undefined, names: readonly string[]): JsonValue | undefined {
  let current = node;
  for (const name of names) {
    if (!isJsonObject(current)) return undefined;
    current = current[name];
  }
  return current;
}

/** "spec.limits[].x" with the positions filled in. */
function reportedAt(text: string, positions: readonly (string | number)[]): Path {
  let next = 0;
  let at: Path | undefined;
  for (const step of stepsOf(text)) {
    const position = positions[next];
    if (step === "[]" || step === "{}") {
      next++;
      if (at !== undefined && position !== undefined) {
        at = typeof position === "number" ? at.index(position) : at.key(position);
      }
    } else {
      at = childPath(at, step);
    }
  }
  return at ?? Path.of("");
}

interface Subject {
  readonly place: Place;
  readonly value: JsonValue | undefined;
  readonly old: JsonValue | undefined;
}

function holds(when: Condition | undefined, { place, value, old }: Subject): boolean {
  if (when === undefined || when === "lowered") return true;
  if (when === "set") return !isZero(value);
  if (when === "wasSet") return !isZero(old);
  const at = (path: string): JsonValue | undefined => {
    const names = path.split(".");
    return follow(place.node, names) ?? follow(place.root, names);
  };
  const isAny = (path: string, values: readonly string[]): boolean =>
    values.includes(String(at(path) ?? ""));
  if (when.set !== undefined && isZero(value)) return false;
  if (
    when.is !== undefined &&
    !Object.entries(when.is).every(([path, values]) => isAny(path, values))
  )
    return false;
  if (
    when.isNot !== undefined &&
    Object.entries(when.isNot).some(([path, values]) => isAny(path, values))
  )
    return false;
  if (when.exists !== undefined && isNil(at(when.exists))) return false;
  if (when.absent !== undefined && !isNil(at(when.absent))) return false;
  if (when.empty !== undefined && !isZero(at(when.empty))) return false;
  if (when.number !== undefined && typeof at(when.number) !== "number") return false;
  return when.many === undefined || place.siblings.length > 1;
}

/** The rules of messages wherever they stand in a kind. */
export function messageRules(type: TypeSchema, table: SchemaTable): TableRule[] {
  const found: TableRule[] = [];
  collect({ type, prefix: "", table, open: new Set() }, found);
  return found;
}

interface Walk {
  readonly type: TypeSchema;
  readonly prefix: string;
  readonly table: SchemaTable;
  readonly open: ReadonlySet<string>;
}

function collect({ type, prefix, table, open }: Walk, found: TableRule[]): void {
  if (open.has(type.name)) return;
  for (const rule of RULES_BY_MESSAGE[type.name] ?? []) found.push(prefixed(rule, prefix));
  const inside = new Set(open).add(type.name);
  for (const field of type.fields) {
    let path = prefix === "" ? field.json : `${prefix}.${field.json}`;
    let fieldType = field.type;
    while (fieldType.kind === "list" || fieldType.kind === "map") {
      path += fieldType.kind === "list" ? "[]" : "{}";
      fieldType = fieldType.elem;
    }
    const message = fieldType.kind === "message" ? table.type(fieldType.ref) : undefined;
    if (message !== undefined) collect({ type: message, prefix: path, table, open: inside }, found);
  }
}

function prefixed(rule: TableRule, prefix: string): TableRule {
  if (prefix === "") return rule;
  const inside = rule.in === undefined ? prefix : `${prefix}.${rule.in}`;
  const at = rule.at === undefined ? {} : { at: rule.at === "" ? prefix : `${prefix}.${rule.at}` };
  return { ...rule, in: inside, ...at };
}
