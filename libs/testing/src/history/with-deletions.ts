import type { LogRecord, Operation } from "./history.ts";

/** The answer to a deletion tells no revision: the log must have one of exactly the state that was deleted. */
export function withDeletions(
  operations: readonly Operation[],
  log: readonly LogRecord[],
): Operation[] {
  const deletions = new Map(
    log.flatMap(({ type, key, previousRevision, revision }) =>
      type === "delete" ? [[`${key} ${previousRevision}`, revision]] : [],
    ),
  );
  return operations.map((operation) => {
    if (operation.kind !== "write" || operation.op !== "delete") return operation;
    if (operation.outcome.status !== "committed") return operation;
    const revision = deletions.get(`${operation.key} ${operation.expected}`) ?? 2n ** 62n;
    return { ...operation, outcome: { status: "committed", revision } };
  });
}
