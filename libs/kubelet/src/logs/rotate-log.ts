/**
 * Moves a container's log away when it is too long, and has the runtime begin a new one.
 *
 * Upstream: pkg/kubelet/logs/container_log_manager.go rotateLog @1.36
 */
import { readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Upstream: containerLogMaxSize, containerLogMaxFiles. */
const LOG_BYTES_MAX = 10 * 1024 * 1024;
const LOG_FILES_MAX = 5;

export async function rotateLog(path: string, reopen: () => Promise<void>): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined || stats.size < LOG_BYTES_MAX) return false;
  const rotated = `${path}.${stamp(stats.mtimeMs)}`;
  await rename(path, rotated);
  try {
    await reopen();
  } catch (error) {
    // The container still writes to the old file; it must be found at its old place.
    await rename(rotated, path);
    throw error;
  }
  const prefix = `${basename(path)}.`;
  const names = (await readdir(dirname(path))).filter((name) => name.startsWith(prefix)).sort();
  // The file that is written to counts too.
  for (const name of names.slice(0, Math.max(0, names.length - (LOG_FILES_MAX - 1)))) {
    await rm(join(dirname(path), name), { force: true });
  }
  return true;
}

/** "20260102-030405", so that names sort by time. */
function stamp(ms: number): string {
  const [date = "", time = ""] = new Date(ms).toISOString().split("T");
  return `${date.replaceAll("-", "")}-${time.slice(0, 8).replaceAll(":", "")}`;
}
