/**
 * Answers the request that turns a connection into a WebSocket. Kubernetes' subprotocols may hold a slash, which the
 * `ws` package takes for a mistake, so the choice is made here and the package never sees the offer.
 *
 * Upstream: staging/src/k8s.io/streaming/pkg/httpstream/wsstream/conn.go handshake @1.36
 */
import type { IncomingMessage } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import { closeWhenIdle, refuseStream, type StreamRequest } from "../stream-request.ts";

const MESSAGE_BYTES_MAX = 32 * 1024 * 1024;

const server = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_BYTES_MAX });
const chosenProtocols = new WeakMap<IncomingMessage, string>();
server.on("headers", (lines, request) => {
  const chosen = chosenProtocols.get(request);
  if (chosen) lines.push(`Sec-WebSocket-Protocol: ${chosen}`);
});

export function offeredProtocols(request: IncomingMessage): string[] {
  return (request.headersDistinct["sec-websocket-protocol"] ?? [])
    .flatMap((line) => line.split(","))
    .map((text) => text.trim())
    .filter(Boolean);
}

/**
 * The first protocol of the client's list that is known; "" where it has none and "" is known. Undefined when there is
 * none, which has been answered.
 */
export function chooseProtocol(input: StreamRequest, known: readonly string[]): string | undefined {
  const offered = offeredProtocols(input.request);
  const chosen = (offered.length === 0 ? [""] : offered).find((each) => known.includes(each));
  if (chosen === undefined) {
    const names = known.filter(Boolean).join(" ");
    const message = `requested protocol(s) are not supported: [${offered.join(" ")}]; supports [${names}]\n`;
    refuseStream(input, 403, message);
  }
  return chosen;
}

/** `use` is not called when the request is no proper handshake, which is answered here. */
export function acceptWebSocket(
  input: StreamRequest,
  protocol: string,
  use: (socket: WebSocket) => void,
): void {
  const { request, socket, head } = input;
  chosenProtocols.set(request, protocol);
  delete request.headers["sec-websocket-protocol"];
  server.handleUpgrade(request, socket, head, (webSocket) => {
    closeWhenIdle(input);
    use(webSocket);
  });
}
