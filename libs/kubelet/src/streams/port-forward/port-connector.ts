/** Connects to ports of a pod. */
import type { Duplex } from "node:stream";

export interface PortConnector {
  readonly podName: string;
  readonly podUid: string;
  connect(port: number): Promise<Duplex>;
}

/** What a client of port forwarding reads when a connection cannot be made. */
export function forwardingError(connector: PortConnector, port: number, cause: unknown): string {
  const { podName, podUid } = connector;
  const why = cause instanceof Error ? cause.message : String(cause);
  return `error forwarding port ${port} to pod ${podName}, uid ${podUid}: ${why}`;
}
