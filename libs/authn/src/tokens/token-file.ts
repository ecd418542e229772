/**
 * Tokens from a file: token, user, uid, and optionally "group1,group2".
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/authentication/token/tokenfile/tokenfile.go @1.36
 */
import { hash } from "node:crypto";
import type { UserInfo } from "../authenticator.ts";
import { withAuthenticatedGroup } from "../groups.ts";
import { intersectAudiences, type TokenAuthenticator } from "./token-authenticator.ts";

export interface TokenFileOptions {
  /** The file's text. Upstream flag: --token-auth-file. */
  readonly text: string;
  readonly path: string;
  /** Tokens of a file are meant for this server. */
  readonly audiences: readonly string[];
}

/** Throws when a record has fewer than three columns. Records with an empty token are passed over, as upstream does. */
export function createTokenFileAuthenticator(options: TokenFileOptions): TokenAuthenticator {
  /** By digest, so that how long a look-up takes says nothing about how much of a guess is right. */
  const users = new Map<string, UserInfo>();
  for (const record of parseCsv(options.text)) {
    const [token, name, uid, groups] = record;
    if (token === undefined || name === undefined || uid === undefined) {
      throw new Error(
        `token file '${options.path}' must have at least 3 columns (token, user name, user uid), found ${record.length}`,
      );
    }
    if (token === "") continue;
    users.set(
      digest(token),
      withAuthenticatedGroup({
        name,
        uid,
        groups: (groups ?? "") === "" ? [] : (groups ?? "").split(",").map((group) => group.trim()),
      }),
    );
  }
  return {
    name: "token-file",
    authenticateToken(token, wanted) {
      const user = users.get(digest(token));
      if (user === undefined) return "notMine";
      const audiences = intersectAudiences(wanted, options.audiences);
      return wanted.length > 0 && audiences.length === 0 ? "notMine" : { user, audiences };
    },
  };
}

function digest(token: string): string {
  return hash("sha256", token, "base64");
}

/** RFC 4180 fields with Go's leniencies: lines of any length, empty lines passed over. */
function parseCsv(text: string): string[][] {
  const records: string[][] = [];
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === "") continue;
    const fields: string[] = [];
    for (const [, quoted, plain] of `,${line}`.matchAll(/,(?:\s*"((?:[^"]|"")*)"|([^,]*))/g)) {
      fields.push(quoted === undefined ? (plain ?? "") : quoted.replaceAll('""', '"'));
    }
    records.push(fields);
  }
  return records;
}
