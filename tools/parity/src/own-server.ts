/** Our apiserver as its flags make it, on the in-memory model of the store. */
import { startTestApiserver } from "@kubets/apiserver-app/testing";
import type { Server } from "./ask.ts";

export async function startOwnServer(): Promise<Server & { stop(): Promise<void> }> {
  const server = await startTestApiserver([
    "--service-cluster-ip-range=10.96.0.0/16",
    "--authorization-mode=Node,RBAC",
  ]);
  const { cert, key } = await server.identity("parity", ["system:masters"]);
  return { url: server.url, cert, key, stop: () => server.stop() };
}
