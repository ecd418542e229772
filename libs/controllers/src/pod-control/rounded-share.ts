import type { IntOrString } from "@kubets/api";

/**
 * A number as it is, or a percentage of `total`. A text that is no percentage counts as 0: validation has refused it.
 *
 * Upstream: k8s.io/apimachinery/pkg/util/intstr GetScaledValueFromIntOrPercent @1.36
 */
export function roundedShare(value: IntOrString, total: number, round: "up" | "down"): number {
  if (typeof value === "number") return value;
  const percent = /^(\d+)%$/.exec(value)?.[1];
  if (percent === undefined) return 0;
  const share = (Number(percent) * total) / 100;
  return round === "up" ? Math.ceil(share) : Math.floor(share);
}
