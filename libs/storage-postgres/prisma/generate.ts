/**
 * Writes src/gen: Prisma's client, and the migrations as a module, so that a bundle carries them. Works
 * without a network: the schema engine is never run, only its place is asked for.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const root = dirname(import.meta.dirname);
const gen = join(root, "src/gen");
const prisma = createRequire(import.meta.url).resolve("prisma/build/index.js");

rmSync(gen, { recursive: true, force: true });
mkdirSync(gen, { recursive: true });
execFileSync(process.execPath, [prisma, "generate", "--schema", "prisma/schema.prisma"], {
  cwd: root,
  stdio: ["ignore", "ignore", "inherit"],
  env: {
    ...process.env,
    CHECKPOINT_DISABLE: "1",
    PRISMA_HIDE_UPDATE_MESSAGE: "1",
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
  },
});

const folder = join(root, "prisma/migrations");
const migrations = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort()
  .map((name) => ({ name, sql: readFileSync(join(folder, name, "migration.sql"), "utf8") }));
writeFileSync(
  join(gen, "migrations.ts"),
  `// Written by prisma/generate.ts from prisma/migrations.
export const migrations: readonly { readonly name: string; readonly sql: string }[] = ${JSON.stringify(migrations, undefined, 2)};
`,
);
