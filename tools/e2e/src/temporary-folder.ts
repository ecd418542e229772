import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";

/**
 * A folder of the suite that asks for it, there from its first hook to its last. Where all of the suite is skipped no
 * hook runs: nothing is made that nobody would remove.
 */
export function temporaryFolder(name: string): { readonly path: string } {
  const folder = { path: "" };
  beforeAll(() => {
    folder.path = mkdtempSync(join(tmpdir(), `kubets-${name}-`));
  });
  afterAll(() => {
    if (folder.path !== "") rmSync(folder.path, { recursive: true, force: true });
  });
  return folder;
}
