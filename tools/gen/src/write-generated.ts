import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** What is written beside, until all of it is there. */
const NEW = ".new";

/**
 * Makes a gen folder hold exactly these files. Others may read it meanwhile, so nothing is touched that stays the same,
 * no file is ever half there, and none is gone before what replaces it is there.
 */
export function writeGenerated(folder: string, files: ReadonlyMap<string, string>): void {
  const changed = [...files].filter(([name, text]) => textOf(join(folder, name)) !== text);
  const written: { readonly beside: string; readonly path: string }[] = [];
  try {
    for (const [name, text] of changed) {
      const path = join(folder, name);
      const beside = `${path}.${process.pid}${NEW}`;
      mkdirSync(dirname(path), { recursive: true });
      written.push({ beside, path });
      writeFileSync(beside, text);
    }
    for (const { beside, path } of written) renameSync(beside, path);
  } finally {
    for (const { beside } of written) rmSync(beside, { force: true });
  }
  for (const name of filesIn(folder)) if (!files.has(name)) rmSync(join(folder, name));
}

/** By their names within the folder; without what another generator writes beside at this moment. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(NEW))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return undefined;
  }
}
