/** Waiting for the apiserver, and for nodes, as the administrator: over the same REST API that kubectl uses. */
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { type Clock, sleep } from "@kubets/service";
import type { ClusterSpec } from "./cluster-spec.ts";
import { serverUrl } from "./components.ts";
import type { ClusterPaths } from "./paths.ts";

export interface AdminCredentials {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export function adminCredentials(paths: ClusterPaths): AdminCredentials {
  const read = (file: string) => readFileSync(join(paths.pki, file), "utf8");
  return { ca: read("ca.crt"), cert: read("admin.crt"), key: read("admin.key") };
}

/** One GET; resolves with code and body, rejects when nobody answers in five seconds. */
export function adminGet(
  server: string,
  credentials: AdminCredentials,
  path: string,
): Promise<{ readonly code: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const call = request(
      `${server}${path}`,
      { ...credentials, timeout: 5_000, agent: false },
      (response) => {
        const pieces: Buffer[] = [];
        response.on("data", (piece: Buffer) => pieces.push(piece));
        response.on("error", reject);
        response.on("end", () =>
          resolve({ code: response.statusCode ?? 0, body: Buffer.concat(pieces).toString() }),
        );
      },
    );
    call.on("timeout", () => call.destroy(new Error("no answer in 5 s")));
    call.on("error", reject);
    call.end();
  });
}

const POLL_MS = 30;

/** Resolves when /readyz is ok; rejects after `timeoutMs` with what it said last. */
export async function waitForApiserver(
  spec: ClusterSpec,
  paths: ClusterPaths,
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const credentials = adminCredentials(paths);
  const deadlineMs = clock.monotonicMs() + timeoutMs;
  let last = "it does not answer";
  while (clock.monotonicMs() < deadlineMs) {
    try {
      const { code, body } = await adminGet(serverUrl(spec), credentials, "/readyz?verbose");
      if (code === 200) return;
      last = body;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    await sleep(clock, POLL_MS, signal);
  }
  throw new Error(
    `the apiserver is not ready after ${timeoutMs / 1000} s (${last.trim()}); its log is ${join(paths.logs, "apiserver.log")}`,
  );
}
