import type { ApiserverReplica } from "@kubets/testing";
import type { ProcessorTime } from "./processor-time.ts";
import type { WatchedServer } from "./watchers.ts";

export interface Measured {
  /** What is counted, as `creates`. */
  readonly what: string;
  readonly perSecond: number;
  readonly latencyMs?: { readonly p50: number; readonly p99: number };
  /** For each one that was counted. */
  readonly cpuUs: ProcessorTime;
  /** Processors that everything together kept busy. */
  readonly cores: number;
}

export interface Ground {
  readonly replicas: readonly ApiserverReplica[];
  readonly token: string;
  /** Of an administrator. */
  readonly identity: WatchedServer["identity"];
  readonly seconds: number;
  /** For files that a part needs. */
  readonly folder: string;
}

/** Puts processor time in relation to what was done in it. */
export function measuredOf(
  what: string,
  perSecond: number,
  used: { readonly time: ProcessorTime; readonly elapsedMs: number },
): Measured {
  const done = (perSecond * used.elapsedMs) / 1_000;
  const each = Object.entries(used.time).map(([name, ms]) => [name, (ms * 1_000) / done] as const);
  const totalMs = Object.values(used.time).reduce((sum, ms) => sum + ms, 0);
  return { what, perSecond, cpuUs: Object.fromEntries(each), cores: totalMs / used.elapsedMs };
}

export async function must(
  replica: ApiserverReplica,
  method: string,
  path: string,
  body?: unknown,
): Promise<string> {
  const answer = await replica.endpoint.request(method, path, body);
  if (answer.status > 299) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
  return answer.body;
}
