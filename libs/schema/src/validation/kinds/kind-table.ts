/** Which rules hold for which kind, by apiVersion and kind. */
import type { KindRules } from "../kind-rules.ts";

export const KIND_RULES: ReadonlyMap<string, KindRules> = new Map<string, KindRules>([]);
