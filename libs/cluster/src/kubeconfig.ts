/**
 * The user's kubeconfig, merged as kind does: one cluster, one user and one context of ours, named alike; everything
 * else in the file stays as it is. Written through a lock and a rename, so two clusters may come up at once.
 */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { type Clock, sleep } from "@kubets/service";
import { dump, load } from "js-yaml";
import { plainMessage, plainReason } from "./plain-message.ts";

export interface KubeconfigEntry {
  /** Cluster, user and context have this name: `kubets-NAME`. */
  readonly name: string;
  readonly server: string;
  readonly certificateAuthorityPem: string;
  readonly clientCertificatePem: string;
  readonly clientKeyPem: string;
}

interface NamedItem {
  name: string;
  [key: string]: unknown;
}
interface KubeconfigDocument {
  [key: string]: unknown;
  apiVersion?: string;
  kind?: string;
  clusters?: NamedItem[] | null;
  users?: NamedItem[] | null;
  contexts?: NamedItem[] | null;
  "current-context"?: string;
}

const base64 = (text: string) => Buffer.from(text).toString("base64");
const without = (items: NamedItem[] | null | undefined, name: string) =>
  (items ?? []).filter((item) => item.name !== name);

/** The document with our entry in it and chosen as the current context. */
export function withEntry(
  document: KubeconfigDocument,
  entry: KubeconfigEntry,
): KubeconfigDocument {
  return {
    apiVersion: "v1",
    kind: "Config",
    ...document,
    clusters: [
      ...without(document.clusters, entry.name),
      {
        name: entry.name,
        cluster: {
          server: entry.server,
          "certificate-authority-data": base64(entry.certificateAuthorityPem),
        },
      },
    ],
    users: [
      ...without(document.users, entry.name),
      {
        name: entry.name,
        user: {
          "client-certificate-data": base64(entry.clientCertificatePem),
          "client-key-data": base64(entry.clientKeyPem),
        },
      },
    ],
    contexts: [
      ...without(document.contexts, entry.name),
      { name: entry.name, context: { cluster: entry.name, user: entry.name } },
    ],
    "current-context": entry.name,
  };
}

/** The document without our entry; a current context that was ours becomes none. */
export function withoutEntry(document: KubeconfigDocument, name: string): KubeconfigDocument {
  return {
    ...document,
    clusters: without(document.clusters, name),
    users: without(document.users, name),
    contexts: without(document.contexts, name),
    "current-context":
      document["current-context"] === name ? "" : (document["current-context"] ?? ""),
  };
}

/** The file to write: the one named, the first of $KUBECONFIG, or the default. */
export function kubeconfigFile(
  named: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  if (named !== undefined) return named;
  const first = (environment.KUBECONFIG ?? "").split(delimiter).find((file) => file !== "");
  return first ?? join(environment.HOME ?? homedir(), ".kube", "config");
}

const LOCK_ATTEMPTS_MAX = 100;
const LOCK_WAIT_MS = 50;
/** A lock this old was left by a program that died. */
const LOCK_STALE_MS = 10_000;

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code;
}

/** Throws a text for the user where the file could not be written: before a cluster is made, not after. */
export function assertKubeconfig(file: string): void {
  const folder = dirname(resolve(file));
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    if (existsSync(file)) accessSync(file, constants.W_OK);
  } catch (error) {
    throw new Error(`cannot write the kubeconfig: ${plainMessage(error)}`, { cause: error });
  }
  readDocument(file);
}

/** Reads, changes and replaces the file under the lock that kubectl and kind use too (`FILE.lock`). */
export async function changeKubeconfig(
  file: string,
  change: (document: KubeconfigDocument) => KubeconfigDocument,
  clock: Clock,
): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  const lock = `${file}.lock`;
  for (let attempt = 1; ; attempt++) {
    try {
      writeFileSync(lock, "", { flag: "wx", mode: 0o600 });
      break;
    } catch (error) {
      if (!isCode(error, "EEXIST")) throw error;
      if (clock.now() - lockTime(lock) > LOCK_STALE_MS) {
        rmSync(lock, { force: true });
      } else if (attempt >= LOCK_ATTEMPTS_MAX) {
        throw new Error(`${lock} is held by another program; remove it if none runs`);
      } else {
        await sleep(clock, LOCK_WAIT_MS);
      }
    }
  }
  try {
    const changed = change(readDocument(file));
    // Where the file is a link, what it leads to is replaced.
    const target = existsSync(file) ? realpathSync(file) : file;
    const temporary = `${target}.kubets-${process.pid}`;
    writeFileSync(temporary, dump(changed, { lineWidth: -1 }), { mode: 0o600 });
    renameSync(temporary, target);
  } finally {
    rmSync(lock, { force: true });
  }
}

function lockTime(lock: string): number {
  try {
    return statSync(lock).mtimeMs;
  } catch (error) {
    // Released between our two looks.
    if (isCode(error, "ENOENT")) return 0;
    throw error;
  }
}

function readDocument(file: string): KubeconfigDocument {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (isCode(error, "ENOENT")) return {};
    throw new Error(`cannot read the kubeconfig: ${file}: ${plainReason(error)}`, {
      cause: error,
    });
  }
  if (text.trim() === "") return {};
  let document: unknown;
  try {
    document = load(text);
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new Error(`${file} is not a kubeconfig (${why}); move it away and try again`);
  }
  if (document === null || document === undefined) return {};
  if (typeof document !== "object" || Array.isArray(document)) {
    throw new Error(`${file} is not a kubeconfig; move it away and try again`);
  }
  return document as KubeconfigDocument;
}
