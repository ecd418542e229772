/**
 * Who asks is said by the server. Conditions that approve or deny are written through `approval` only, a
 * certificate through `status` only.
 *
 * Upstream: pkg/registry/certificates/certificates/strategy.go @1.36
 */
import { formatTime } from "@kubets/api";
import { type AnyObject, type Draft, isRecord, listField, objectField } from "../draft.ts";
import type { StrategyHooks, UpdateStrategy } from "../strategy/strategy.ts";

const DECISIONS = ["Approved", "Denied"];

const status: UpdateStrategy = {
  reset(draft, old) {
    draft.spec = old.spec;
  },
  prepare(draft, old, { nowMs }) {
    const sent = conditionsOf(draft).filter(({ type }) => !DECISIONS.includes(String(type)));
    const decided = conditionsOf(old).filter(({ type }) => DECISIONS.includes(String(type)));
    setConditions(draft, withTimes([...decided, ...sent], old, nowMs));
  },
};

const approval: UpdateStrategy = {
  reset(draft, old) {
    draft.spec = old.spec;
    const { conditions } = objectField(draft, "status") ?? {};
    draft.status = { ...objectField(old, "status"), conditions };
  },
  prepare(draft, old, { nowMs }) {
    setConditions(draft, withTimes(conditionsOf(draft), old, nowMs));
  },
};

export const certificateSigningRequests: StrategyHooks = {
  /** The request itself is nobody's field to change later, so its creator does not own it. */
  resetForCreate(draft) {
    draft.status = undefined;
    return { ...draft, spec: undefined };
  },
  prepareForCreate(draft, { user }) {
    draft.spec = {
      ...objectField(draft, "spec"),
      username: user.name,
      uid: user.uid === "" ? undefined : user.uid,
      groups: user.groups.length === 0 ? undefined : user.groups,
      extra:
        user.extra === undefined || Object.keys(user.extra).length === 0 ? undefined : user.extra,
    };
  },
  subresources: { status, approval },
};

type Condition = { readonly [field: string]: unknown };

function conditionsOf(object: Draft | AnyObject): readonly Condition[] {
  return listField(objectField(object, "status"), "conditions").filter(isRecord);
}

function setConditions(draft: Draft, conditions: readonly Condition[]): void {
  draft.status = {
    ...objectField(draft, "status"),
    conditions: conditions.length === 0 ? undefined : conditions,
  };
}

/** A condition that is new or has turned says when; others keep what they said. */
function withTimes(
  conditions: readonly Condition[],
  old: AnyObject,
  nowMs: number,
): readonly Condition[] {
  const now = formatTime(nowMs);
  const before = new Map(conditionsOf(old).map((one) => [one.type, one]));
  return conditions.map((condition) => {
    const known = before.get(condition.type);
    const turned = known === undefined || known.status !== condition.status;
    return {
      ...condition,
      status: condition.status ?? "True",
      lastUpdateTime: condition.lastUpdateTime ?? now,
      lastTransitionTime: condition.lastTransitionTime ?? (turned ? now : known.lastTransitionTime),
    };
  });
}
