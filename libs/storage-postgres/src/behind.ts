import type { LogBatch, LogEntry, Revision } from "@kubets/storage";

/** The entries of a batch behind a revision. */
export function behind(batch: LogBatch, revision: Revision): LogBatch {
  const index = batch.findIndex((entry: LogEntry) => entry.revision > revision);
  if (index === -1) return [];
  return index === 0 ? batch : batch.slice(index);
}
