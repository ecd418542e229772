/** One error and what caused it, as plain data for a log line. */
export interface ErrorRecord {
  readonly type: string;
  readonly message: string;
  readonly code?: string | number;
  readonly stack?: string;
  readonly cause?: ErrorRecord;
  readonly errors?: readonly ErrorRecord[];
}

/** Chains are as deep as code made them; a cycle or a very long one is cut. */
const DEPTH_MAX = 10;

/** Only the outermost stack is kept: the others say little beyond their message and make lines long. */
export function errorRecord(error: unknown, depth = 0): ErrorRecord {
  if (!(error instanceof Error)) return { type: typeof error, message: textOf(error) };
  const code = "code" in error ? error.code : undefined;
  const errors = error instanceof AggregateError ? error.errors : [];
  const deeper = depth + 1 < DEPTH_MAX;
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === "string" || typeof code === "number" ? { code } : {}),
    ...(depth === 0 && error.stack !== undefined ? { stack: error.stack } : {}),
    ...(error.cause !== undefined && deeper ? { cause: errorRecord(error.cause, depth + 1) } : {}),
    ...(errors.length > 0 && deeper
      ? { errors: errors.slice(0, DEPTH_MAX).map((inner) => errorRecord(inner, depth + 1)) }
      : {}),
  };
}

/** "cannot listen: address in use: EADDRINUSE": the chain of messages on one line, for people. */
export function errorLine(error: unknown): string {
  const messages: string[] = [];
  let record: ErrorRecord | undefined = errorRecord(error);
  while (record !== undefined) {
    if (record.message !== "") messages.push(record.message.replaceAll(/\s*\n\s*/g, " "));
    const inner: readonly ErrorRecord[] = record.errors ?? [];
    if (inner.length > 0) messages.push(inner.map((each) => each.message).join("; "));
    record = record.cause;
  }
  return messages.join(": ");
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
}
