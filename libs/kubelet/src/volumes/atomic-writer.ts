/**
 * Puts a set of files into a folder at once: readers see all of the old ones or all of the new ones. The
 * files lie in a folder of their own behind the link `..data`, which is renamed over; each visible name is a
 * link through it.
 *
 * Upstream: pkg/volume/util/atomic_writer.go AtomicWriter.Write @1.36
 */
import {
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { KubeletError } from "../kubelet-error.ts";

export interface PayloadFile {
  readonly bytes: Buffer;
  readonly mode: number;
  /** Owner where it is not root. */
  readonly uid?: number;
}

/** By path relative to the volume. */
export type Payload = ReadonlyMap<string, PayloadFile>;

export interface WriteOptions {
  readonly directory: string;
  readonly payload: Payload;
  /** Group that owns the files; their modes are the payload's. */
  readonly gid?: number;
  /** Distinguishes this writing from others: a time and something random. */
  readonly stamp: string;
}

const DATA_LINK = "..data";

/** Resolves with whether anything was written: nothing is when the files are already as they should be. */
export async function writeAtomically(options: WriteOptions): Promise<boolean> {
  const { directory, payload } = options;
  for (const path of payload.keys()) checkPath(path);
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const current = await readlink(join(directory, DATA_LINK)).catch(() => undefined);
  if (current !== undefined && (await holds(join(directory, current), payload))) return false;

  const name = `..${options.stamp}`;
  const fresh = join(directory, name);
  await mkdir(fresh, { mode: 0o755 });
  for (const [path, file] of payload) {
    const target = join(fresh, path);
    if (dirname(path) !== ".") await mkdir(dirname(target), { recursive: true, mode: 0o755 });
    await writeFile(target, file.bytes, { mode: file.mode });
    if (file.uid !== undefined || options.gid !== undefined) {
      await chown(target, file.uid ?? 0, options.gid ?? 0);
    }
  }
  const link = join(directory, `${DATA_LINK}_tmp`);
  await rm(link, { force: true });
  await symlink(name, link);
  await rename(link, join(directory, DATA_LINK));
  await linkVisibleNames(directory, payload);
  if (current !== undefined && current !== name) {
    await rm(join(directory, current), { recursive: true, force: true });
  }
  return true;
}

/** The first part of each path becomes a link; links of files that are gone are removed. */
async function linkVisibleNames(directory: string, payload: Payload): Promise<void> {
  const wanted = new Set([...payload.keys()].map((path) => path.split("/")[0] ?? path));
  const present = await readdir(directory);
  for (const name of wanted) {
    if (!present.includes(name)) await symlink(join(DATA_LINK, name), join(directory, name));
  }
  for (const name of present) {
    if (!name.startsWith("..") && !wanted.has(name)) {
      await rm(join(directory, name), { recursive: true, force: true });
    }
  }
}

async function holds(directory: string, payload: Payload): Promise<boolean> {
  const paths = await filesBelow(directory);
  if (paths.length !== payload.size) return false;
  for (const path of paths) {
    const wanted = payload.get(path);
    if (wanted === undefined) return false;
    const [bytes, stats] = await Promise.all([
      readFile(join(directory, path)),
      lstat(join(directory, path)),
    ]);
    if (!bytes.equals(wanted.bytes) || (stats.mode & 0o777) !== (wanted.mode & 0o777)) return false;
  }
  return true;
}

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(
    () => [],
  );
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1));
}

/** The API refuses these too; a volume must not depend on that. */
function checkPath(path: string): void {
  const isInside =
    path !== "" &&
    !path.startsWith("/") &&
    normalize(path) === path &&
    !path.split("/").includes("..") &&
    !path.startsWith("..");
  if (!isInside) throw new KubeletError("invalidSpec", `invalid path in volume: ${path}`);
}
