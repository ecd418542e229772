/**
 * Port forwarding over WebSocket for runtimes without a streaming server: for each port of the request a channel for
 * data and one for errors, each of which begins with the port in two bytes, the lower one first.
 *
 * Upstream: staging/src/k8s.io/cri-streaming/pkg/streaming/portforward/websocket.go @1.36
 */
import { type Duplex, PassThrough } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import type { StreamRequest } from "../stream-request.ts";
import { acceptWebSocket, chooseProtocol } from "../websocket/accept-websocket.ts";
import { WebSocketChannels } from "../websocket/websocket-channels.ts";
import { forwardingError, type PortConnector } from "./port-connector.ts";

const PROTOCOLS = ["v4.channel.k8s.io", "v4.base64.channel.k8s.io", ""];

export function serveWebSocketPortForward(
  input: StreamRequest,
  connector: PortConnector,
  ports: readonly number[],
): void {
  const protocol = chooseProtocol(input, PROTOCOLS);
  if (protocol === undefined) return;
  acceptWebSocket(input, protocol, (socket) => {
    const inputs = ports.map(() => new PassThrough());
    const targets = new Set<Duplex>();
    let isGone = false;
    const channels: WebSocketChannels = new WebSocketChannels(socket, protocol, {
      receive(channel, bytes) {
        const stream = channel % 2 === 0 ? inputs[channel / 2] : undefined;
        return stream === undefined || !stream.writable || stream.write(bytes);
      },
      closed() {
        // Channels of these protocols have no end of their own.
      },
      gone() {
        isGone = true;
        for (const stream of [...inputs, ...targets]) stream.destroy();
      },
    });
    const forward = async (port: number, index: number, fromClient: PassThrough) => {
      const [data, error] = [channels.output(index * 2), channels.output(index * 2 + 1)];
      const portBytes = Buffer.alloc(2);
      portBytes.writeUInt16LE(port);
      data.write(portBytes);
      error.write(portBytes);
      fromClient.on("error", () => {});
      fromClient.on("drain", () => channels.resume());
      fromClient.once("close", () => channels.resume());
      try {
        const target = await connector.connect(port);
        targets.add(target);
        if (isGone) target.destroy();
        fromClient.pipe(target);
        await pipeline(target, data);
        target.destroy();
        fromClient.destroy();
      } catch (cause) {
        fromClient.destroy();
        if (isGone) return;
        input.logger.debug("a forwarded connection broke off", { error: cause });
        error.end(forwardingError(connector, port, cause));
        await finished(error);
      }
    };
    Promise.all(inputs.map((stream, index) => forward(ports[index] ?? 0, index, stream))).then(
      () => channels.close(),
      (error: unknown) => {
        input.logger.warn("port forwarding broke off", { error });
        socket.terminate();
      },
    );
  });
}
