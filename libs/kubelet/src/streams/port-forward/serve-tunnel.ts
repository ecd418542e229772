/**
 * Port forwarding as newer clients ask for it: SPDY/3.1 inside a WebSocket, whose messages are nothing but its bytes.
 * The SPDY side is the runtime's own server where it has one, else ours.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/util/proxy/streamtunnel.go @1.36
 */
import { pipeline } from "node:stream/promises";
import { dialSpdy, SpdyRefusedError } from "../spdy/dial-spdy.ts";
import { refuseStream, type StreamRequest } from "../stream-request.ts";
import { acceptWebSocket, offeredProtocols } from "../websocket/accept-websocket.ts";
import { websocketBytes } from "../websocket/websocket-bytes.ts";
import type { PortConnector } from "./port-connector.ts";
import { forwardStreams, SPDY_PORT_FORWARD_PROTOCOL } from "./serve-spdy-port-forward.ts";

const PREFIX = "SPDY/3.1+";
const NO_BYTES = Buffer.alloc(0);

/** Whether the client offers a tunnel. */
export function asksForTunnel({ request }: Pick<StreamRequest, "request">): boolean {
  return offeredProtocols(request).some(isTunnel);
}

export function serveTunnel(input: StreamRequest, connector: PortConnector): void {
  const protocol = PREFIX + SPDY_PORT_FORWARD_PROTOCOL;
  if (!offeredProtocols(input.request).includes(protocol)) {
    refuseStream(input, 403, `unable to upgrade: only ${protocol} is supported\n`);
    return;
  }
  acceptWebSocket(input, protocol, (webSocket) => {
    const { clock, logger } = input;
    forwardStreams({ socket: websocketBytes(webSocket), head: NO_BYTES, clock, logger, connector });
  });
}

/** Rejects where the runtime cannot be reached; what it refuses is the client's answer. */
export async function proxyTunnel(input: StreamRequest, url: string): Promise<void> {
  const protocols = offeredProtocols(input.request)
    .filter(isTunnel)
    .map((offered) => offered.slice(PREFIX.length));
  const gone = new AbortController();
  const onClose = () => gone.abort();
  input.socket.once("close", onClose);
  const dialed = await dialSpdy({ url, protocols, signal: gone.signal }).catch((error: unknown) => {
    if (!(error instanceof SpdyRefusedError)) throw error;
    refuseStream(input, error.status, error.message);
    return undefined;
  });
  input.socket.off("close", onClose);
  if (dialed === undefined) return;
  const { socket, head, protocol } = dialed;
  if (input.socket.destroyed) {
    socket.destroy();
    return;
  }
  // Until the handshake is done the runtime's connection has nobody else who listens.
  socket.on("error", () => {});
  input.socket.once("close", () => socket.destroy());
  acceptWebSocket(input, PREFIX + protocol, (webSocket) => {
    const bytes = websocketBytes(webSocket);
    if (head.length > 0) bytes.write(head);
    bytes.once("close", () => socket.destroy());
    bytes.pipe(socket);
    pipeline(socket, bytes).catch((error: unknown) =>
      input.logger.debug("a tunnel broke off", { error }),
    );
  });
}

function isTunnel(protocol: string): boolean {
  return protocol.startsWith(PREFIX) && protocol.endsWith(".k8s.io");
}
