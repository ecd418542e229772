import { chown, copyFile, lstat, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";

/** What belongs to the running server and not to its data. */
const left = new Set(["postmaster.pid", "postmaster.opts", "pg_replslot", "pg_stat_tmp"]);
/** Folders that must be there, but may be empty. */
const emptied = new Set(["pg_replslot", "pg_stat_tmp"]);

/** Copies a server's data while it runs, owners included; between pg_backup_start and pg_backup_stop. */
export async function copyDataFolder(
  from: string,
  to: string,
  options: { readonly withLog: boolean },
): Promise<void> {
  const { mode, uid, gid } = await lstat(from);
  await mkdir(to, { mode: mode & 0o777 });
  await chown(to, uid, gid);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    const isEmptied = emptied.has(entry.name) || (entry.name === "pg_wal" && !options.withLog);
    if (isEmptied) {
      await mkdir(target, { mode: 0o700 });
      await chown(target, uid, gid);
    } else if (left.has(entry.name)) continue;
    else if (entry.isDirectory()) await copyDataFolder(source, target, { withLog: true });
    else await copyOne(source, target);
  }
}

async function copyOne(source: string, target: string): Promise<void> {
  try {
    await copyFile(source, target);
    const { uid, gid } = await lstat(source);
    await chown(target, uid, gid);
  } catch (error) {
    // Removed meanwhile: what it held is in the server's log.
    if (!(error instanceof Error) || Reflect.get(error, "code") !== "ENOENT") throw error;
  }
}
