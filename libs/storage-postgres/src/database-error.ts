import { StorageError } from "@kubets/storage";

/** What an error of the driver means for a statement that was sent. */
export type DatabaseFailure =
  /** The connection broke: whether the statement took effect is not known. */
  | "connection"
  /** The server refused and rolled back; the same may succeed later. */
  | "refused"
  /** The server refused for reasons that stay. */
  | "permanent"
  /** The store lost revisions that were seen before: raised by the commit function. */
  | "wentBack";

export function classifyDatabaseError(error: unknown): DatabaseFailure {
  const code = sqlState(error);
  if (code === undefined) return "connection";
  // 08 connection, 57P shutdown: a commit may have happened before the answer was lost.
  if (code.startsWith("08") || code.startsWith("57P")) return "connection";
  if (code === "KU001") return "wentBack";
  // 40 conflicts between transactions, 53 resources, 55 locks, 57 operator, 58 system.
  if (/^(40|53|55|57|58)/.test(code)) return "refused";
  return "permanent";
}

/** For statements that change nothing: they can simply be made again. */
export function readFailure(cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause;
  return classifyDatabaseError(cause) === "permanent"
    ? new StorageError("unusable", "the database refuses to be read", { cause })
    : new StorageError("unavailable", "the database cannot be reached", { cause });
}

/** Five characters from the server; errors of sockets have other codes, or none. */
function sqlState(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const code: unknown = Reflect.get(error, "code");
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) && "severity" in error
    ? code
    : undefined;
}
