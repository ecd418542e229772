import { IncomingMessage } from "node:http";
import { createServer, Socket } from "node:net";
import { Duplex } from "node:stream";
import { finished } from "node:stream/promises";
import { silentLogger, systemClock } from "@kubets/service";
import { describe, expect, it } from "vitest";
import {
  type HastyRuntime,
  LAST_WORDS,
  type Parting,
  SWITCHED,
  startHastyRuntime,
} from "../testing/hasty-runtime.ts";
import { proxyUpgrade } from "./raw-proxy.ts";

/** A client's connection, which takes what is written to it when it may. */
function clientConnection() {
  let text = "";
  let isReading = true;
  let release = () => {};
  const socket = new Duplex({
    highWaterMark: 1,
    read() {},
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      if (isReading) done();
      else release = done;
    },
  });
  return {
    socket,
    says: (words: string) => socket.push(words),
    heard: () => text,
    /** Takes nothing more until `read` is called. */
    stopReading: () => {
      isReading = false;
    },
    read: () => {
      isReading = true;
      release();
    },
  };
}

function proxy(socket: Duplex, url: string): void {
  const request = new IncomingMessage(new Socket());
  request.method = "POST";
  const [head, idleTimeoutMs] = [Buffer.alloc(0), 60_000];
  const logger = silentLogger;
  proxyUpgrade({ request, socket, head, idleTimeoutMs, clock: systemClock, logger }, url);
}

async function withRuntime(parting: Parting, use: (runtime: HastyRuntime) => Promise<void>) {
  const runtime = await startHastyRuntime(parting);
  try {
    await use(runtime);
  } finally {
    await runtime.stop();
  }
}

describe("a runtime that goes as soon as it has said its last", () => {
  it.each<Parting>(["closed", "broken"])(
    "is heard to the end by a client that goes on talking (%s)",
    (parting) =>
      withRuntime(parting, async (runtime) => {
        const client = clientConnection();
        proxy(client.socket, runtime.url);
        await expect.poll(client.heard).toBe(SWITCHED);
        client.says("the end?");
        runtime.waitUntilGone();
        // Nothing of what the runtime said last has been read yet; nobody takes this any more.
        for (const words of ["one", "two", "three"]) client.says(words);
        client.says("four");
        await finished(client.socket, { readable: false });
        expect(client.heard()).toBe(SWITCHED + LAST_WORDS);
        client.socket.destroy();
      }),
  );

  it.each<Parting>(["closed", "broken"])(
    "is heard to the end by a client that is slow to read (%s)",
    (parting) =>
      withRuntime(parting, async (runtime) => {
        const client = clientConnection();
        client.stopReading();
        proxy(client.socket, runtime.url);
        await expect.poll(client.heard).toBe(SWITCHED);
        client.says("the end?");
        runtime.waitUntilGone();
        // Time for everything that lies in the kernel, and for how it ends.
        for (let turns = 0; turns < 10; turns++) await new Promise(setImmediate);
        client.read();
        await finished(client.socket, { readable: false });
        expect(client.heard()).toBe(SWITCHED + LAST_WORDS);
        client.socket.destroy();
      }),
  );
});

describe("a raw stream", () => {
  it("tells a client that the runtime cannot be reached", async () => {
    const client = clientConnection();
    proxy(client.socket, "http://127.0.0.1:1/attach/token");
    await finished(client.socket, { readable: false });
    expect(client.heard()).toMatch(/^HTTP\/1\.1 502 /);
    client.socket.destroy();
  });

  it("is not begun for a client that has gone meanwhile, and ends with one that goes", async () => {
    const connections = new Set<Socket>();
    const seen: string[] = [];
    const server = createServer((socket) => {
      connections.add(socket);
      socket.once("close", () => connections.delete(socket));
      socket.on("error", () => {});
      socket.on("data", (data) => seen.push(data.toString().split(" ")[1] ?? ""));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const [gone, present] = [clientConnection(), clientConnection()];
    gone.socket.destroy();
    await new Promise(setImmediate);
    proxy(gone.socket, `http://127.0.0.1:${port}/gone`);
    proxy(present.socket, `http://127.0.0.1:${port}/present`);
    await expect.poll(() => seen).toEqual(["/present"]);
    expect(connections.size).toBe(1);
    present.socket.destroy();
    await expect.poll(() => connections.size).toBe(0);
    await new Promise((resolve) => server.close(resolve));
    expect(seen).toEqual(["/present"]);
  });
});
