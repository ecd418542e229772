import type { ApiserverReplica } from "@kubets/testing";
import { familyOf, programOf, useOf } from "../process-use.ts";

/** Milliseconds of processor time by who used it. */
export type ProcessorTime = Readonly<Record<string, number>>;

/**
 * All processes that this one has started, and itself as one of the clients. Unlike a rate, processor time for each answer
 * says what replicas cost also where they share too few cores with each other, their database and the clients.
 */
export function processorTime(replicas: readonly ApiserverReplica[]): ProcessorTime {
  const used: Record<string, number> = {};
  for (const pid of familyOf(process.pid)) {
    const replica = replicas.find((candidate) => candidate.pid === pid)?.name;
    const program = replica === undefined ? programOf(pid) : `apiserver ${replica}`;
    const name = isServer(program) ? program : CLIENTS;
    used[name] = (used[name] ?? 0) + useOf(pid).cpuMs;
  }
  return used;
}

export const CLIENTS = "clients";
const isServer = (name: string) =>
  name.startsWith("apiserver ") || name === "postgres" || name === "nats-server";

/** What was used between two looks. A process that has ended is gone with what it had used. */
export function usedBetween(before: ProcessorTime, after: ProcessorTime): ProcessorTime {
  return Object.fromEntries(
    Object.entries(after).map(([name, ms]) => [name, Math.max(0, ms - (before[name] ?? 0))]),
  );
}
