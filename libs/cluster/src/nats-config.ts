import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ClusterSpec } from "./cluster-spec.ts";
import type { ClusterPaths } from "./paths.ts";

/** Writes the server's configuration and, beside it, what the apiserver needs to connect. Both are the owner's only. */
export function writeNatsConfig(spec: ClusterSpec, paths: ClusterPaths): void {
  const clientFile = join(paths.state, "nats-client.json");
  const token = existsSync(clientFile)
    ? (JSON.parse(readFileSync(clientFile, "utf8")) as { token: string }).token
    : randomBytes(24).toString("base64url");
  const client = { servers: [`nats://127.0.0.1:${spec.natsPort}`], token };
  writeFileSync(clientFile, JSON.stringify(client), { mode: 0o600 });
  const server = [
    "host: 127.0.0.1",
    `port: ${spec.natsPort}`,
    `authorization { token: "${token}" }`,
    "max_payload: 65536",
    "",
  ].join("\n");
  writeFileSync(join(paths.state, "nats.conf"), server, { mode: 0o600 });
}
