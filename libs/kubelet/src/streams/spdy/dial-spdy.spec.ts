import { createServer, type IncomingMessage } from "node:http";
import { createServer as createPlainServer, type Server } from "node:net";
import type { Duplex } from "node:stream";
import { expect, it, onTestFinished } from "vitest";
import { dialSpdy } from "./dial-spdy.ts";

/** A runtime's streaming server that does what it is told with each connection; how many there are. */
async function runtime(server: Server) {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  return {
    url: `http://127.0.0.1:${port}/exec/token`,
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
  };
}
const protocols = ["v4.channel.k8s.io"];
const never = new AbortController().signal;

it("a runtime that refuses says why, and keeps no connection", async () => {
  const { url, connections } = await runtime(
    createServer((_, response) => response.writeHead(404).end("no such token")),
  );
  await expect(dialSpdy({ url, protocols, signal: never })).rejects.toMatchObject({
    status: 404,
    message: "unable to upgrade connection: no such token",
  });
  await expect.poll(connections).toBe(0);
});

it("a runtime that does not answer is not waited for when the client has gone", async () => {
  const { url, connections } = await runtime(createPlainServer((socket) => socket.resume()));
  const gone = new AbortController();
  const dialed = expect(dialSpdy({ url, protocols, signal: gone.signal })).rejects.toThrow();
  await expect.poll(connections).toBe(1);
  gone.abort();
  await dialed;
  await expect.poll(connections).toBe(0);
});

it("a runtime that switches gives its connection away, with what it said already", async () => {
  const server = createServer();
  server.on("upgrade", (_request: IncomingMessage, socket: Duplex) => {
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\nfirst",
    );
    socket.on("data", (data) => socket.end(data));
  });
  const { url, connections } = await runtime(server);
  const { socket, head, protocol } = await dialSpdy({ url, protocols, signal: never });
  expect([String(head), protocol]).toEqual(["first", "v4.channel.k8s.io"]);
  socket.write("echoed");
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  expect(text).toBe("echoed");
  await expect.poll(connections).toBe(0);
});
