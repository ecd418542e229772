import type { ClusterReport, ComponentReport } from "@kubets/cluster";
import { tableLines } from "./table.ts";

const STATES = { running: "Running", restarting: "Restarting", stopped: "Stopped" } as const;
const HEADINGS = ["COMPONENT", "STATE", "HEALTH", "VERSION", "LEADER", "RESTARTS", "PID", "MEMORY"];

/** What `kubets status` prints. */
export function statusLines(report: ClusterReport, own: string): string {
  const { name, state, runtime, nodes, server } = report;
  if (state === "stopped") {
    return `Cluster "${name}" is stopped; ${own} start --name ${name} starts it again.`;
  }
  const plural = nodes.length === 1 ? "" : "s";
  return [
    `Cluster "${name}" is ${state}: ${server}, ${nodes.length} node${plural}, ${runtime} runtime, ${mebibytes(report.memoryBytes)} in all.`,
    "",
    tableLines([HEADINGS, ...report.components.map(row)]),
  ].join("\n");
}

function row(component: ComponentReport): string[] {
  const { name, state, health, version, leader, restarts, pid, memoryBytes } = component;
  return [
    name,
    STATES[state],
    health,
    version ?? "-",
    leader === undefined ? "-" : leader ? "yes" : "no",
    String(restarts),
    pid === undefined ? "-" : String(pid),
    memoryBytes === undefined ? "-" : mebibytes(memoryBytes),
  ];
}

const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
