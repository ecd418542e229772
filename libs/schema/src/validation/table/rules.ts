/**
 * Rules that need no code: one line each, by kind and phase (a create's hold on updates too), and by message for
 * what stands in several kinds. What needs code is beside the table in `../kinds`.
 */
import { CORE_KINDS, CORE_MESSAGES } from "./rules/core.ts";
import { EXTENSIONS_KINDS } from "./rules/extensions.ts";
import { NETWORKING_KINDS } from "./rules/networking.ts";
import { OTHER_KINDS } from "./rules/other.ts";
import { STORAGE_KINDS } from "./rules/storage.ts";
import { WEBHOOKS_KINDS, WEBHOOKS_MESSAGES } from "./rules/webhooks.ts";
import type { PhaseRules, TableRule } from "./table-rule.ts";

export const RULES_BY_KIND: Readonly<Record<string, PhaseRules>> = {
  ...CORE_KINDS,
  ...EXTENSIONS_KINDS,
  ...NETWORKING_KINDS,
  ...OTHER_KINDS,
  ...STORAGE_KINDS,
  ...WEBHOOKS_KINDS,
};

export const RULES_BY_MESSAGE: Readonly<Record<string, readonly TableRule[]>> = {
  ...CORE_MESSAGES,
  ...WEBHOOKS_MESSAGES,
};
