/** Restart policies of single containers. Upstream: pkg/apis/core/validation/validation.go validateContainerRestartPolicy @1.36 */
import type { JsonObject } from "@kubets/api";
import { itemsAt, maybeTextAt, objectAt, textAt } from "../../json-fields.ts";
import type { Path } from "../path.ts";
import type { Problems } from "../problems.ts";

const POLICIES: readonly string[] = ["Always", "Never", "OnFailure"];
const ACTIONS: readonly string[] = ["Restart", "RestartAllContainers"];
const OPERATORS: readonly string[] = ["In", "NotIn"];
const RULES_WITHOUT_POLICY = "must specify restartPolicy when restart rules are used";
const RULES_MAX = 20;
const EXIT_CODES_MAX = 255;

/** Only an init container with a policy of its own may have rules. */
export function validateInitRestartRules(
  container: JsonObject,
  at: Path,
  problems: Problems,
): void {
  if (maybeTextAt(container, "restartPolicy") !== undefined)
    validateRestartRules(container, at, problems);
  else if (itemsAt(container, "restartPolicyRules").length > 0)
    problems.required(at.child("restartPolicy"), RULES_WITHOUT_POLICY);
}

export function validateRestartRules(container: JsonObject, at: Path, problems: Problems): void {
  const policy = maybeTextAt(container, "restartPolicy");
  const rules = itemsAt(container, "restartPolicyRules");
  if (policy === undefined && rules.length === 0) return;
  if (policy !== undefined && !POLICIES.includes(policy)) {
    problems.notSupported(at.child("restartPolicy"), policy, POLICIES);
  }
  const here = at.child("restartPolicyRules");
  if (rules.length > 0 && policy === undefined) {
    problems.required(at.child("restartPolicy"), RULES_WITHOUT_POLICY);
  }
  if (rules.length > RULES_MAX) problems.tooMany(here, rules.length, RULES_MAX);
  rules.forEach((rule, i) => {
    validateRule(rule, here.index(i), problems);
  });
}

function validateRule(rule: JsonObject, at: Path, problems: Problems): void {
  const action = textAt(rule, "action");
  if (!ACTIONS.includes(action)) problems.notSupported(at.child("action"), action, ACTIONS);
  const exitCodes = objectAt(rule, "exitCodes");
  if (exitCodes === undefined) {
    problems.required(at.child("exitCodes"), "must be specified");
    return;
  }
  const operator = textAt(exitCodes, "operator");
  if (!OPERATORS.includes(operator)) {
    problems.notSupported(at.child("exitCodes").child("operator"), operator, OPERATORS);
  }
  const count = Array.isArray(exitCodes.values) ? exitCodes.values.length : 0;
  if (count > EXIT_CODES_MAX)
    problems.tooMany(at.child("exitCodes").child("values"), count, EXIT_CODES_MAX);
}
