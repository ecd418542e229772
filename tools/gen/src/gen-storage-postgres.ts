/**
 * Generates libs/storage-postgres/src/gen: Prisma's client, and the migrations as a module, so that a bundle carries
 * them. Works without a network: the schema engine is never run, only its place is asked for.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repository } from "./model.ts";
import { filesIn, writeGenerated } from "./write-generated.ts";

const library = join(repository, "libs/storage-postgres");

/** Prisma empties the folder that it writes to and then fills it, so it works on a copy of the schema. */
function prismaClient(): Map<string, string> {
  const prisma = createRequire(join(library, "package.json")).resolve("prisma/build/index.js");
  const copy = mkdtempSync(join(tmpdir(), "kubets-prisma-"));
  try {
    cpSync(join(library, "prisma/schema.prisma"), join(copy, "prisma/schema.prisma"));
    execFileSync(process.execPath, [prisma, "generate", "--schema", "prisma/schema.prisma"], {
      cwd: copy,
      stdio: ["ignore", "ignore", "inherit"],
      env: {
        ...process.env,
        CHECKPOINT_DISABLE: "1",
        PRISMA_HIDE_UPDATE_MESSAGE: "1",
        PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      },
    });
    const gen = join(copy, "src/gen");
    return new Map(filesIn(gen).map((name) => [name, readFileSync(join(gen, name), "utf8")]));
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function migrationsModule(): string {
  const folder = join(library, "prisma/migrations");
  const migrations = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .map((name) => ({ name, sql: readFileSync(join(folder, name, "migration.sql"), "utf8") }));
  return `// Written by tools/gen/src/gen-storage-postgres.ts from prisma/migrations.
export const migrations: readonly { readonly name: string; readonly sql: string }[] = ${JSON.stringify(migrations, undefined, 2)};
`;
}

writeGenerated(
  join(library, "src/gen"),
  new Map([...prismaClient(), ["migrations.ts", migrationsModule()]]),
);
