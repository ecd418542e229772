import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { EmbeddedPostgresError } from "./embedded-error.ts";

const run = promisify(execFile);

/** Who the server runs as. */
export interface ServerUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const ownName = "kubets-postgres";

/**
 * Postgres refuses to run as root and wants an entry in the list of users. As root: the system user of
 * our own, made at the first start, else one that is there for this purpose. Otherwise undefined: the
 * server runs as we do.
 */
export async function chooseServerUser(): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const own = (await findUser(ownName)) ?? (await makeUser());
  const user = own ?? (await findUser("postgres")) ?? (await findUser("nobody"));
  if (user === undefined) {
    throw new EmbeddedPostgresError(
      "noUser",
      `Postgres does not run as root: make a system user ${ownName}, or give the URL of a server`,
    );
  }
  return user;
}

async function makeUser(): Promise<ServerUser | undefined> {
  const attempts: [string, string[]][] = [
    ["useradd", ["--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ownName]],
    ["adduser", ["-S", "-D", "-H", "-s", "/sbin/nologin", ownName]],
  ];
  for (const [command, args] of attempts) {
    try {
      await run(command, args);
    } catch {
      // Not there, or another process was faster: what counts is whether the user exists now.
    }
    const user = await findUser(ownName);
    if (user !== undefined) return user;
  }
  return undefined;
}

async function findUser(name: string): Promise<ServerUser | undefined> {
  const text = await readFile("/etc/passwd", "utf8").catch(() => "");
  for (const line of text.split("\n")) {
    const [user, , uid, gid] = line.split(":");
    if (user === name && Number(uid) > 0) return { name, uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}
