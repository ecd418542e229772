/** Upstream: pkg/registry/core/service/storage/alloc.go initNodePorts, updateNodePorts @1.36 */
import { internalError, invalid } from "@kubets/api";
import type { ServicePort, ServiceSpec } from "@kubets/api/core/v1";
import { allocateNext, rangeOffset } from "./numbered-allocator.ts";
import { portRangeText } from "./port-range.ts";
import type { ServiceReservation } from "./service-allocations.ts";
import {
  allocatesNodePorts,
  heldNodePorts,
  mayHaveNodePorts,
  needsHealthCheckNodePort,
  withNodePort,
} from "./service-draft.ts";

/** Takes the ports that `spec` names or lacks, and lets go of those that it no longer has. */
export async function reserveNodePorts(
  spec: ServiceSpec,
  old: Readonly<ServiceSpec> | undefined,
  reservation: ServiceReservation,
): Promise<void> {
  const held = new Set(old === undefined ? [] : heldNodePorts(old));
  if (mayHaveNodePorts(spec) && spec.ports !== undefined) {
    spec.ports = await withNodePorts(spec, spec.ports, held, reservation);
  }
  if (needsHealthCheckNodePort(spec)) await reserveHealthCheck(spec, held, reservation);
  const kept = new Set(heldNodePorts(spec));
  for (const port of held) {
    if (!kept.has(port)) reservation.release(reservation.pools.ports, `${port}`);
  }
}

async function withNodePorts(
  spec: Readonly<ServiceSpec>,
  ports: readonly ServicePort[],
  held: ReadonlySet<number>,
  reservation: ServiceReservation,
): Promise<ServicePort[]> {
  const result: ServicePort[] = [];
  const mine = new Set(held);
  // One number serves all protocols of a port: TCP and UDP 53 share theirs.
  const byPort = new Map<number, number>();
  for (const [i, port] of ports.entries()) {
    if (!port.nodePort && !allocatesNodePorts(spec)) {
      result.push(port);
      continue;
    }
    const wanted = port.nodePort || byPort.get(port.port) || requested(ports, port.port);
    let nodePort = wanted;
    if (nodePort === undefined) nodePort = await takeNext(reservation);
    else if (!mine.has(nodePort))
      await takeWanted(nodePort, `spec.ports[${i}].nodePort`, reservation);
    mine.add(nodePort);
    if (!byPort.has(port.port)) byPort.set(port.port, nodePort);
    result.push(port.nodePort === nodePort ? port : withNodePort(port, nodePort));
  }
  return result;
}

function requested(ports: readonly ServicePort[], port: number): number | undefined {
  return ports.find((one) => one.port === port && one.nodePort)?.nodePort;
}

async function reserveHealthCheck(
  spec: ServiceSpec,
  held: ReadonlySet<number>,
  reservation: ServiceReservation,
): Promise<void> {
  const wanted = spec.healthCheckNodePort;
  if (!wanted) {
    spec.healthCheckNodePort = await takeNext(reservation);
    return;
  }
  if (held.has(wanted)) return;
  const why = await refusalOf(wanted, reservation);
  if (why !== undefined) {
    throw internalError(`failed to allocate requested HealthCheck NodePort ${wanted}: ${why}`);
  }
}

async function takeNext(reservation: ServiceReservation): Promise<number> {
  const { pools, owner, dryRun } = reservation;
  const { first, size } = pools.portRange;
  const numbered = {
    size,
    offset: rangeOffset(size, { step: 32, min: 16, max: 128 }),
    at: (index: number) => `${first + index}`,
  };
  const { randomness } = pools;
  const port = await allocateNext(pools.ports, numbered, { owner, randomness, dryRun });
  if (port === undefined) throw internalError("failed to allocate a nodePort: range is full");
  reservation.took(pools.ports, port);
  return Number(port);
}

async function takeWanted(
  port: number,
  field: string,
  reservation: ServiceReservation,
): Promise<void> {
  const why = await refusalOf(port, reservation);
  if (why === undefined) return;
  throw invalid({ group: "", kind: "Service" }, reservation.owner.name, [
    { reason: "FieldValueInvalid", message: `Invalid value: ${port}: ${why}`, field },
  ]);
}

async function refusalOf(
  port: number,
  reservation: ServiceReservation,
): Promise<string | undefined> {
  const { pools } = reservation;
  const { first, size } = pools.portRange;
  // A dry run only asks who has the port, as upstream does.
  if (!reservation.dryRun && (port < first || port >= first + size)) {
    return `provided port is not in the valid range. The range of valid ports is ${portRangeText(pools.portRange)}`;
  }
  const isOurs = await reservation.take(pools.ports, `${port}`);
  return isOurs ? undefined : "provided port is already allocated";
}
