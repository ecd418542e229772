/** The parts of a Status that decide what a watch does next. */
export function statusFrom(value: unknown): {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
} {
  if (typeof value !== "object" || value === null) return {};
  return {
    ...("code" in value && typeof value.code === "number" ? { code: value.code } : {}),
    ...("reason" in value && typeof value.reason === "string" ? { reason: value.reason } : {}),
    ...("message" in value && typeof value.message === "string" ? { message: value.message } : {}),
  };
}
