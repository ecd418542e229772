/** Amounts of bytes that are no whole numbers. Upstream: pkg/api/pod/warnings.go @1.36 */
import { formatQuantity, type JsonObject, parseQuantity, quantityMilli } from "@kubets/api";
import { entryOf } from "../json-fields.ts";
import { goQuote } from "../validation/go-quote.ts";
import type { Path } from "../validation/path.ts";
import { nanosOf } from "../validation/resource-names.ts";
import type { Warn } from "./warn.ts";

export function warnOfFractions(amounts: JsonObject | undefined, at: Path, warn: Warn): void {
  warnOfFraction(amounts, "memory", at, warn);
  warnOfFraction(amounts, "ephemeral-storage", at, warn);
}

export function warnOfFraction(
  amounts: JsonObject | undefined,
  resource: string,
  at: Path,
  warn: Warn,
): void {
  const text = entryOf(amounts, resource);
  if (text === undefined || nanosOf(text) === undefined) return;
  const amount = parseQuantity(text);
  if (quantityMilli(text) % 1_000n === 0n) return;
  warn(
    `${at.key(resource)}: fractional byte value ${goQuote(formatQuantity(amount))} is invalid, must be an integer`,
  );
}
