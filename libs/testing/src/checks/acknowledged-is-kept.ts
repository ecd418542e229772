import type { WriteOperation } from "../history/history.ts";
import type { Check } from "./check.ts";

/** What a client was told to be made stands in the log, under the revision it was told. */
export const acknowledgedIsKept: Check = function* (history, index) {
  for (const operation of history.operations) {
    if (operation.kind !== "write" || operation.outcome.status !== "committed") continue;
    const { revision } = operation.outcome;
    const about = `the acknowledged ${operation.op} of ${operation.key}`;
    if (revision <= history.logAfter) continue;
    const record = index.byRevision.get(revision);
    if (record !== undefined && isThat(operation, record)) {
      const { expected } = operation;
      if (expected !== undefined && record.previousRevision !== expected) {
        yield `${about} at ${revision} was made from ${expected} but replaced ${record.previousRevision}`;
      }
      continue;
    }
    const elsewhere =
      operation.op === "delete" ? undefined : index.byContent.get(operation.content);
    yield elsewhere === undefined
      ? `${about} at ${revision} is lost`
      : `${about} was told revision ${revision}, but has ${elsewhere.revision}`;
  }
};

function isThat(
  operation: WriteOperation,
  record: { type: string; key: string; content: string; requestId: string },
): boolean {
  return (
    record.type === operation.op &&
    record.key === operation.key &&
    (operation.op === "delete" || record.content === operation.content) &&
    (operation.requestId === undefined || record.requestId === operation.requestId)
  );
}
