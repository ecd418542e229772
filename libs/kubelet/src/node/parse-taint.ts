import type { Taint } from "@kubets/api/core/v1";

const EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/** "key=value:effect" or "key:effect". Upstream: pkg/util/taints/taints.go parseTaint @1.36 */
export function parseTaint(text: string): Taint | undefined {
  const [pair = "", effect = "", more] = text.split(":");
  const [key = "", value] = pair.split("=");
  if (key === "" || more !== undefined || !EFFECTS.includes(effect)) return undefined;
  return value === undefined || value === "" ? { key, effect } : { key, value, effect };
}
