/** What went wrong in words for whoever typed the command: the system's codes are not for them. */
const WORDS: Readonly<Record<string, string>> = {
  EEXIST: "something else is there already",
  ENOENT: "there is no such file or folder",
  EACCES: "no permission; another user, root for instance, may have it",
  EPERM: "not permitted; another user, root for instance, may do it",
  EROFS: "the file system is read-only",
  ENOSPC: "no space is left on the disk",
  EDQUOT: "the user's share of the disk is used up",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is no folder",
  ELOOP: "its links go round in a circle",
  ENAMETOOLONG: "the path is too long",
  EMFILE: "this process has too many files open",
  ENFILE: "this machine has too many files open",
  ECONNREFUSED: "it refuses connections",
  ECONNRESET: "the connection was broken off",
  EADDRINUSE: "the address is in use by another program",
  EADDRNOTAVAIL: "this machine does not have that address",
};

/** Why, for a sentence that names the file already. */
export function plainReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code = "" } = error as NodeJS.ErrnoException;
  return WORDS[code] ?? error.message;
}

/** The reason with the path it is about, where the system tells one. */
export function plainMessage(error: unknown): string {
  const reason = plainReason(error);
  if (!(error instanceof Error) || reason === error.message) return reason;
  // A copy that fails is told by where it was to go.
  const { path, dest = path } = error as NodeJS.ErrnoException & { readonly dest?: string };
  return dest === undefined ? reason : `${dest}: ${reason}`;
}
