import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { answers } from "./answers.ts";

const PORT = 5_432;

/** A message of the protocol: its letter, its length, its content. */
function message(letter: string, content: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + content.length);
  return Buffer.concat([Buffer.from(letter), length, content]);
}
const accepted = message("R", Buffer.alloc(4));
const ready = message("Z", Buffer.from("I"));
const selected = message("C", Buffer.from("SELECT 1\0"));
const startingUp = message("E", Buffer.from("SFATAL\0VFATAL\0C57P03\0Mstarting up\0\0"));

/** What the server does with what a client sends first (who it is), and with what it asks then. */
interface Behaviour {
  readonly onStart: (socket: Socket) => void;
  readonly onQuestion?: (socket: Socket) => void;
}

describe("whether a server answers", () => {
  let folder: string;
  let server: Server | undefined;
  const sockets = new Set<Socket>();

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "kubets-answers-"));
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    await new Promise((resolve) => (server === undefined ? resolve(0) : server.close(resolve)));
    server = undefined;
    await rm(folder, { recursive: true, force: true });
  });

  async function serve({ onStart, onQuestion }: Behaviour): Promise<void> {
    // One that stands still does not hang up when its client does either.
    server = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      let isStarted = false;
      socket.on("data", () => {
        if (isStarted) onQuestion?.(socket);
        else onStart(socket);
        isStarted = true;
      });
    });
    const path = join(folder, `.s.PGSQL.${PORT}`);
    await new Promise<void>((resolve) => server?.listen(path, resolve));
  }
  const welcome = (socket: Socket) => socket.write(Buffer.concat([accepted, ready]));

  it("is true of one that does", async () => {
    await serve({
      onStart: welcome,
      onQuestion: (socket) => socket.write(Buffer.concat([selected, ready])),
    });
    expect(await answers(folder, PORT)).toBe(true);
  });

  it("is false where there is none, and where one has left its socket behind", async () => {
    expect(await answers(folder, PORT)).toBe(false);
    await writeFile(join(folder, `.s.PGSQL.${PORT}`), "");
    expect(await answers(folder, PORT)).toBe(false);
  });

  it.each<[string, Behaviour]>([
    ["that is starting up", { onStart: (socket) => socket.end(startingUp) }],
    ["that hangs up at once", { onStart: (socket) => socket.destroy() }],
    ["that ends when it is asked", { onStart: welcome, onQuestion: (socket) => socket.destroy() }],
    ["that takes the connection and says nothing", { onStart: () => {} }],
    ["that says nothing when it is asked, and does not hang up", { onStart: welcome }],
  ])("is false, within seconds, of one %s", async (_, behaviour) => {
    await serve(behaviour);
    expect(await answers(folder, PORT)).toBe(false);
  });
});
