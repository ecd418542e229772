import { type Draft, objectField } from "../draft.ts";
import type { StrategyHooks } from "../strategy/strategy.ts";

/**
 * stringData is a way of writing data, not a field that is kept.
 *
 * Upstream: pkg/apis/core/v1/conversion.go Convert_v1_Secret_To_core_Secret @1.36
 */
function foldStringData(draft: Draft): Draft {
  const texts = objectField(draft, "stringData");
  if (texts === undefined) return draft;
  const data: Record<string, unknown> = { ...objectField(draft, "data") };
  for (const [key, text] of Object.entries(texts)) {
    // A plain assignment would take a key named __proto__ for something else.
    Object.defineProperty(data, key, {
      value: Buffer.from(String(text)).toString("base64"),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  draft.data = data;
  draft.stringData = undefined;
  return draft;
}

/** Upstream: pkg/registry/core/secret/strategy.go @1.36 */
export const secrets: StrategyHooks = {
  resetForCreate: foldStringData,
  resetForUpdate(draft, old) {
    foldStringData(draft);
    if (!draft.type) draft.type = old.type;
  },
};
