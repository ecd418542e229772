import type { LogEntry } from "@kubets/storage";

const types = ["create", "update", "delete"] as const;

/**
 * A log entry from an array row. From `first` on: revision, previous revision, type, group, resource,
 * namespace, name, uid, bytes.
 */
export function logEntryOf(row: readonly unknown[], first: number): LogEntry {
  const previous = row[first + 1];
  const type = types[Number(row[first + 2]) - 1];
  const bytes = row[first + 8];
  if (type === undefined || !Buffer.isBuffer(bytes)) throw new TypeError("not a row of the log");
  return {
    revision: BigInt(String(row[first])),
    type,
    key: {
      group: String(row[first + 3]),
      resource: String(row[first + 4]),
      namespace: String(row[first + 5]),
      name: String(row[first + 6]),
    },
    uid: String(row[first + 7]),
    bytes,
    ...(previous === null ? {} : { previousRevision: BigInt(String(previous)) }),
  };
}
