/** A WebSocket client that only listens, as those of watches and logs do. */
import { WebSocket } from "ws";
import type { TestServer } from "./test-server.ts";

export interface Heard {
  readonly protocol: string;
  readonly messages: readonly (Buffer | string)[];
  readonly code: number;
}

/**
 * Resolves when the server has closed; rejects where it did not become a WebSocket. `onMessage` may close it from our
 * side. Text comes as text, binary messages as buffers.
 */
export function listen(
  server: TestServer,
  path: string,
  protocols: readonly string[] = [],
  options: {
    readonly onMessage?: (message: Buffer | string, close: () => void) => void;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Promise<Heard> {
  const { client, ca } = server;
  const socket = new WebSocket(`${server.url.replace("https", "wss")}${path}`, [...protocols], {
    ca: ca.certificate,
    cert: client.certificate,
    key: client.key,
    headers: { ...options.headers },
  });
  const messages: (Buffer | string)[] = [];
  socket.on("message", (data: Buffer, isBinary) => {
    const message = isBinary ? data : data.toString("utf8");
    messages.push(message);
    options.onMessage?.(message, () => socket.close());
  });
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("close", (code) => resolve({ protocol: socket.protocol, messages, code }));
  });
}
