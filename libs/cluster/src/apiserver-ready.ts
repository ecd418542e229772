/** Waiting for the apiserver, and for nodes, as the administrator: over the same REST API that kubectl uses. */
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type Clock, sleep } from "@kubets/service";
import type { ClusterSpec } from "./cluster-spec.ts";
import { serverUrl } from "./components.ts";
import type { ClusterPaths } from "./paths.ts";
import { plainReason } from "./plain-message.ts";

export interface AdminCredentials {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export function adminCredentials(paths: ClusterPaths): AdminCredentials {
  const read = (file: string) => readFileSync(join(paths.pki, file), "utf8");
  return { ca: read("ca.crt"), cert: read("admin.crt"), key: read("admin.key") };
}

export interface Answer {
  readonly code: number;
  readonly body: string;
}

const ANSWER_TIMEOUT_MS = 5_000;

/** One call; resolves with code and body, rejects when nobody answers in five seconds. */
export function adminRequest(server: string, credentials: AdminCredentials) {
  return (
    method: string,
    path: string,
    body?: unknown,
    contentType = "application/merge-patch+json",
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { "content-type": contentType };
      const call = request(
        `${server}${path}`,
        { ...credentials, method, headers, timeout: ANSWER_TIMEOUT_MS, agent: false },
        (response) => {
          text(response).then(
            (answer) => resolve({ code: response.statusCode ?? 0, body: answer }),
            reject,
          );
        },
      );
      call.on("timeout", () => call.destroy(new Error("no answer in 5 s")));
      call.on("error", reject);
      call.end(body === undefined ? "" : JSON.stringify(body));
    });
}

const FIELD_MANAGER = "kubets";

/** Makes the object at `path` as it is given here, whether it is there or not; throws with what the server says. */
export async function applyObject(
  server: string,
  credentials: AdminCredentials,
  path: string,
  object: unknown,
): Promise<void> {
  const { code, body } = await adminRequest(server, credentials)(
    "PATCH",
    `${path}?fieldManager=${FIELD_MANAGER}&force=true`,
    object,
    "application/apply-patch+yaml",
  );
  if (code !== 200 && code !== 201) throw new Error(`${path}: ${code} ${body}`);
}

export const adminGet = (server: string, credentials: AdminCredentials, path: string) =>
  adminRequest(server, credentials)("GET", path);

const POLL_MS = 30;

export interface ApiserverWait {
  readonly spec: ClusterSpec;
  readonly paths: ClusterPaths;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Why waiting is of no use, once that is known. */
  readonly hopeless: () => string | undefined;
}

/** Resolves when /readyz is ok; rejects after `timeoutMs` with what it said last. */
export async function waitForApiserver({
  spec,
  paths,
  clock,
  timeoutMs,
  signal,
  hopeless,
}: ApiserverWait): Promise<void> {
  const credentials = adminCredentials(paths);
  const deadlineMs = clock.monotonicMs() + timeoutMs;
  let last = "it does not answer";
  while (clock.monotonicMs() < deadlineMs) {
    try {
      const { code, body } = await adminGet(serverUrl(spec), credentials, "/readyz?verbose");
      if (code === 200) return;
      last = body;
    } catch (error) {
      last = plainReason(error);
    }
    const why = hopeless();
    if (why !== undefined) throw new Error(`the apiserver ends again and again (${why})`);
    await sleep(clock, POLL_MS, signal);
  }
  throw new Error(`the apiserver is not ready after ${timeoutMs / 1000} s (${last.trim()})`);
}
