import type { ClusterSpec, ComponentStatus, SupervisorStatus } from "@kubets/cluster";

/** The columns of `kubets status`, padded as kubectl does. */
export function statusLines(spec: ClusterSpec, status: SupervisorStatus | undefined): string {
  if (status === undefined) {
    return `Cluster "${spec.name}" is stopped; npm run up -- --name ${spec.name} starts it again.`;
  }
  const rows = [["COMPONENT", "STATE", "PID", "RESTARTS"], ...status.components.map(row)];
  const widths = rows.reduce<number[]>(
    (most, cells) => cells.map((cell, column) => Math.max(most[column] ?? 0, cell.length)),
    [],
  );
  return rows
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("   ")
        .trimEnd(),
    )
    .join("\n");
}

function row({ name, process }: ComponentStatus): string[] {
  switch (process.state) {
    case "running":
      return [name, "Running", String(process.pid), String(process.restarts)];
    case "waiting":
      return [name, `Restarting (${process.lastExit})`, "-", String(process.restarts)];
    case "stopped":
      return [name, "Stopped", "-", "-"];
  }
}
