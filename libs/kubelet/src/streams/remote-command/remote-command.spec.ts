import { createServer, type Server } from "node:http";
import { type Duplex, PassThrough, Readable, Writable } from "node:stream";
import type { SessionStreams } from "@kubets/cri";
import { silentLogger, systemClock } from "@kubets/service";
import { afterEach, describe, expect, it } from "vitest";
import { textOf } from "../../testing/stream-clients.ts";
import type { WantedStreams } from "../stream-request.ts";
import { parseStatus, translatedStatus } from "./exec-status.ts";
import { commandOf, type RemoteCommand } from "./remote-command.ts";
import { ResizeQueue } from "./resize-queue.ts";
import { serveSpdyCommand } from "./serve-spdy-command.ts";

let server: Server | undefined;
const connections = new Set<Duplex>();
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  connections.clear();
});

/** A runtime's streaming server that runs one command, and the client's side of it. */
async function behindRuntime(
  wanted: WantedStreams,
  command: RemoteCommand,
): Promise<RemoteCommand> {
  const runtime = createServer();
  server = runtime;
  runtime.on("upgrade", (request, socket, head) => {
    connections.add(socket);
    const base = { request, socket, head, idleTimeoutMs: 60_000 };
    serveSpdyCommand({ ...base, wanted, command, clock: systemClock, logger: silentLogger });
  });
  await new Promise<void>((resolve) => runtime.listen(0, "127.0.0.1", resolve));
  const address = runtime.address();
  const port = typeof address === "object" ? address?.port : 0;
  const url = `http://127.0.0.1:${port}/exec/token`;
  return commandOf({ kind: "url", url }, wanted, "exec", systemClock);
}

const all: WantedStreams = { tty: false, stdin: true, stdout: true, stderr: true };
const streams = (more: Partial<SessionStreams> = {}): SessionStreams => ({
  resizes: new ResizeQueue(),
  signal: new AbortController().signal,
  ...more,
});

describe("a command behind a runtime's streaming server", () => {
  it("gets its input to the end, and gives its output and status", async () => {
    const command = await behindRuntime(all, async ({ stdin, stdout, stderr }) => {
      const text = await textOf(stdin ?? Readable.from([]));
      stdout?.write(`got ${text}`);
      stderr?.write("and a word of warning");
      return { status: "Failure", reason: "NonZeroExitCode", message: "exit 7" };
    });
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const status = await command(streams({ stdin: Readable.from(["a", "b"]), stdout, stderr }));
    expect(status).toEqual({ status: "Failure", reason: "NonZeroExitCode", message: "exit 7" });
    expect(String(stdout.read())).toBe("got ab");
    expect(String(stderr.read())).toBe("and a word of warning");
  });

  it("has one output and its sizes where it has a terminal", async () => {
    const wanted = { tty: true, stdin: false, stdout: true, stderr: false };
    const command = await behindRuntime(wanted, async ({ stdout, stderr, resizes }) => {
      for await (const size of resizes) {
        stdout?.write(`${JSON.stringify(size)} ${stderr === undefined}`);
        break;
      }
      return { status: "Success" };
    });
    const resizes = new ResizeQueue();
    const stdout = new PassThrough();
    const running = command(streams({ stdout, resizes }));
    resizes.push(Buffer.from('{"Width":80,"Height":24}'));
    expect(await running).toEqual({ status: "Success" });
    expect(String(stdout.read())).toBe('{"width":80,"height":24} true');
  });

  it("loses nothing of its output when the runtime goes at once and the client is slow", async () => {
    const bytes = 4 * 1024 * 1024;
    const command = await behindRuntime(all, async ({ stdout }) => {
      stdout?.write(Buffer.alloc(bytes));
      return { status: "Success" };
    });
    let received = 0;
    const slow = new Writable({
      highWaterMark: 1,
      write(chunk: Buffer, _encoding, done) {
        received += chunk.length;
        setTimeout(done, 1);
      },
    });
    expect(await command(streams({ stdout: slow }))).toEqual({ status: "Success" });
    expect(received).toBe(bytes);
  });

  it("is left alone by its streams when the client goes", async () => {
    let told: () => void = () => {};
    const over = new Promise<void>((resolve) => {
      told = resolve;
    });
    const command = await behindRuntime(all, async ({ signal }) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      told();
      return { status: "Success" };
    });
    const gone = new AbortController();
    const running = command(streams({ signal: gone.signal }));
    setTimeout(() => gone.abort(), 50);
    await expect(running).rejects.toThrow("the runtime hung up");
    await over;
  });

  it("has no known end when the runtime hangs up without a status", async () => {
    const command = await behindRuntime(all, () => {
      for (const socket of connections) socket.destroy();
      return new Promise(() => {});
    });
    await expect(command(streams())).rejects.toThrow("error reading from error stream");
  });

  it("that the runtime refuses is refused in its words", async () => {
    const runtime = createServer((_request, response) => response.writeHead(404).end("no token\n"));
    server = runtime;
    await new Promise<void>((resolve) => runtime.listen(0, "127.0.0.1", resolve));
    const address = runtime.address();
    const port = typeof address === "object" ? address?.port : 0;
    const endpoint = { kind: "url" as const, url: `http://127.0.0.1:${port}/` };
    const command = commandOf(endpoint, all, "exec", systemClock);
    await expect(command(streams())).rejects.toMatchObject({
      status: 404,
      message: "unable to upgrade connection: no token",
    });
  });
});

describe("a status", () => {
  it.each([
    ['{"metadata":{},"status":"Success"}', { metadata: {}, status: "Success" }],
    ['{"status":"Failure","message":"m"}', { status: "Failure", message: "m" }],
  ])("%s is read", (text, status) => {
    expect(parseStatus(text)).toEqual(status);
  });

  it.each(["", "{", "null", "[]", '"Success"', "{}", '{"status":"Maybe"}'])(
    "%j is none, and then nobody knows how the command ended",
    (text) => {
      expect(() => parseStatus(text)).toThrow("error");
    },
  );

  it("of a failure without an exit code is internal in version 5", () => {
    expect(
      translatedStatus({ status: "Failure", message: "m", reason: "NonZeroExitCode" }),
    ).toEqual({
      metadata: {},
      status: "Failure",
      reason: "InternalError",
      code: 500,
      message: "Internal error occurred: m",
      details: { causes: [{ message: "m" }] },
    });
  });
});

describe("sizes of a terminal", () => {
  const sizes = async (...pieces: readonly string[]) => {
    const queue = new ResizeQueue();
    for (const piece of pieces) queue.push(Buffer.from(piece));
    queue.end();
    const found: string[] = [];
    for await (const { width, height } of queue) found.push(`${width}x${height}`);
    return found;
  };
  it.each<[readonly string[], readonly string[]]>([
    [['{"Width":80,"Height":24}'], ["80x24"]],
    [['{"Width":80,', '"Height":24}\n'], ["80x24"]],
    // Only the last of those that wait matters.
    [['{"Width":80,"Height":24}{"Width":81,"Height":25}'], ["81x25"]],
    [['{"Width":80}', '{"Width":1,"Height":2}'], ["1x2"]],
    [['{"Width":-1,"Height":2}'], []],
    [['{"Width":70000,"Height":2}'], []],
    [["nonsense}"], []],
    [["x".repeat(2000), '{"Width":1,"Height":2}'], ["1x2"]],
  ])("%j are %j", async (pieces, expected) => {
    expect(await sizes(...pieces)).toEqual(expected);
  });
});
