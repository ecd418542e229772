/**
 * Hands a client's connection and a backend's to each other, byte for byte, once the backend has switched
 * protocols; whatever else it says is the client's answer, and the end of its connection.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/proxy/upgradeaware.go @1.36
 */
import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { Duplex } from "node:stream";
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
const tokenProtocolPrefix = "base64url.bearer.authorization.k8s.io.";

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
  const protocols = request.headersDistinct["sec-websocket-protocol"]
    ?.flatMap((value) => value.split(","))
    .map((protocol) => protocol.trim())
    .filter((protocol) => !protocol.startsWith(tokenProtocolPrefix));
  if (protocols !== undefined && protocols.length > 0) {
    headers["sec-websocket-protocol"] = protocols.join(", ");
  }
  if (request.method === "POST") headers["content-length"] = 0;
  return headers;
}

function join(
  client: Duplex,
  clientHead: Buffer,
  backend: Duplex,
  backendHead: Buffer,
): Promise<void> {
  return new Promise((resolve) => {
    let open = 2;
    const closed = (other: Duplex) => () => {
      other.destroy();
      open--;
      if (open === 0) resolve();
    };
    client.once("close", closed(backend));
    backend.once("close", closed(client));
    // A broken connection closes as well, which is all that matters here.
    client.on("error", () => backend.destroy());
    backend.on("error", () => client.destroy());
    if (backendHead.length > 0) client.write(backendHead);
    if (clientHead.length > 0) backend.write(clientHead);
    backend.pipe(client);
    client.pipe(backend);
    if (client.destroyed) backend.destroy();
    if (backend.destroyed) client.destroy();
  });
}
