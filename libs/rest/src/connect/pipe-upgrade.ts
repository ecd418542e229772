/**
 * Hands a client's connection and a backend's to each other, byte for byte, once the backend has switched
 * protocols; whatever else it says is the client's answer, and the end of its connection.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/proxy/upgradeaware.go @1.36
 */
import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import { websocketProtocols } from "../http/websocket-token.ts";
import { type BackendCall, callBackend } from "./backend-request.ts";
import type { ConnectUpgrade } from "./connector.ts";
import { readBounded } from "./read-bounded.ts";

/** What an upgrade needs to be understood at the other end. */
const upgradeHeaders = [
  "upgrade",
  "x-stream-protocol-version",
  "sec-websocket-key",
  "sec-websocket-version",
  "sec-websocket-extensions",
  "origin",
  "user-agent",
];
const keepAliveMs = 15_000;
/** What the other side takes to read our last bytes and to close. */
const patienceMs = 5_000;

/** Resolves when the connection is over. */
export async function pipeUpgrade(
  { upgrade, exchange }: ConnectUpgrade,
  call: Pick<BackendCall, "backend" | "path">,
): Promise<void> {
  const answer = await callBackend({
    ...call,
    method: exchange.method,
    headers: headersFor(upgrade.request),
    signal: exchange.signal,
  });
  if (answer.kind === "response") {
    const { response } = answer;
    const body = await readBounded(response);
    exchange.send(
      response.statusCode ?? 502,
      { "content-type": response.headers["content-type"] ?? "text/plain; charset=utf-8" },
      body,
    );
    return;
  }
  exchange.switched(answer.response.rawHeaders);
  await join(upgrade.socket, upgrade.head, answer.socket, answer.head);
}

function headersFor(request: IncomingMessage): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { connection: "Upgrade" };
  for (const name of upgradeHeaders) {
    const values = request.headersDistinct[name];
    if (values !== undefined) headers[name] = values;
  }
  const protocols = websocketProtocols(request);
  if (protocols.length > 0) headers["sec-websocket-protocol"] = protocols.join(", ");
  if (request.method === "POST") headers["content-length"] = 0;
  return headers;
}

function join(
  client: Socket,
  clientHead: Buffer,
  backend: Socket,
  backendHead: Buffer,
): Promise<void> {
  return new Promise((resolve) => {
    backend.setKeepAlive(true, keepAliveMs);
    let open = 2;
    const closed = (other: Socket) => () => {
      letGo(other);
      open--;
      if (open === 0) resolve();
    };
    client.once("close", () => backend.destroy());
    client.once("close", closed(backend));
    backend.once("close", closed(client));
    // A broken connection closes as well, which is all that matters here.
    client.on("error", () => backend.destroy());
    backend.on("error", () => client.end());
    if (backendHead.length > 0) client.write(backendHead);
    if (clientHead.length > 0) backend.write(clientHead);
    backend.pipe(client);
    client.pipe(backend);
    if (client.destroyed) backend.destroy();
    if (backend.destroyed) client.destroy();
  });
}

/**
 * The other connection is over: what it said last still goes out, at the pace of whoever reads it, and what comes in
 * meanwhile has no use any more.
 */
function letGo(socket: Socket): void {
  if (socket.destroyed) return;
  socket.setTimeout(patienceMs, () => socket.destroy());
  socket.end();
  socket.resume();
}
