/**
 * Hands a client's connection and a backend's to each other, byte for byte, once the backend has switched
 * protocols; whatever else it says is the client's answer, and the end of its connection.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/proxy/upgradeaware.go @1.36
 */
import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import { type Clock, endGently } from "@kubets/service";
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
/** What a client may take to read anything of what a backend said before it went; as long as a stream may be idle. */
const stuckMs = 4 * 3_600_000;

/** Resolves when the connection is over. */
export async function pipeUpgrade(
  { upgrade, exchange }: ConnectUpgrade,
  call: Pick<BackendCall, "backend" | "path">,
  clock: Clock,
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
  await join(
    { socket: upgrade.socket, head: upgrade.head },
    { socket: answer.socket, head: answer.head },
    clock,
  );
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

interface Side {
  readonly socket: Socket;
  /** What came behind the head of the request or of the answer already. */
  readonly head: Buffer;
}

async function join(
  { socket: client, head: clientHead }: Side,
  { socket: backend, head: backendHead }: Side,
  clock: Clock,
): Promise<void> {
  backend.setKeepAlive(true, keepAliveMs);
  // A broken connection closes as well, which is all that matters here.
  client.on("error", () => {});
  backend.on("error", () => {});
  if (backendHead.length > 0) client.write(backendHead);
  if (clientHead.length > 0) backend.write(clientHead);
  backend.pipe(client);
  client.pipe(backend);
  await Promise.all([
    closed(client).then(() => backend.destroy()),
    closed(backend).then(() => {
      client.setTimeout(stuckMs, () => client.destroy());
      endGently(client, clock);
    }),
  ]);
}

function closed(socket: Socket): Promise<void> {
  if (socket.closed) return Promise.resolve();
  return new Promise((resolve) => socket.once("close", () => resolve()));
}
