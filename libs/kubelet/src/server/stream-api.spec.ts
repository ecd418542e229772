import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  channelClient,
  type SpdyClient,
  spdyClient,
  textOf,
  tunnelClient,
} from "../testing/stream-clients.ts";
import { startTestNode, type TestNode } from "../testing/test-node.ts";

let node: TestNode;

beforeAll(async () => {
  node = await startTestNode();
  await node.runPod({
    name: "box",
    command: ["sleep", "1000"],
    annotations: { "simulation.kubets.dev/echo": "8080, 9090" },
  });
  await node.runPod({
    name: "reader",
    command: ["cat"],
    container: { stdin: true, stdinOnce: true },
  });
});
afterAll(() => node?.stop());

const query = (command: readonly string[], streams: string) =>
  `${command.map((word) => `command=${encodeURIComponent(word)}`).join("&")}&${streams}`;
const exec = (command: readonly string[], streams = "output=1&error=1", pod = "box") =>
  `${node.url}/exec/default/${pod}/app?${query(command, streams)}`;
const FAILS = ["sh", "-c", "echo out; echo err >&2; exit 3"];
const exitCode3 = (message: string) => ({
  status: "Failure",
  reason: "NonZeroExitCode",
  message,
  details: { causes: [{ reason: "ExitCode", message: "3" }] },
});

/** Each stream's text, once all of them have ended. */
async function spdyTexts(client: SpdyClient, types: readonly string[]) {
  const streams = types.map((streamtype) => client.open({ streamtype }));
  const texts = await Promise.all(streams.map((stream) => textOf(stream)));
  client.close();
  return Object.fromEntries(types.map((type, index) => [type, texts[index]]));
}

describe("commands over SPDY", () => {
  it("give output, errors and the exit code on streams of their own", async () => {
    const texts = await spdyTexts(await spdyClient(exec(FAILS)), ["error", "stdout", "stderr"]);
    expect(texts).toMatchObject({ stdout: "out\n", stderr: "err\n" });
    expect(JSON.parse(texts.error ?? "")).toEqual(
      exitCode3("command terminated with non-zero exit code: exit status 3"),
    );
  });

  it("of older versions tell failures as text and success by nothing", async () => {
    const old = (command: readonly string[]) => spdyClient(exec(command), ["v2.channel.k8s.io"]);
    const failed = await spdyTexts(await old(FAILS), ["error", "stdout", "stderr"]);
    expect(failed.error).toBe("command terminated with non-zero exit code: exit status 3");
    const done = await spdyTexts(await old(["true"]), ["error", "stdout", "stderr"]);
    expect(done.error).toBe("");
  });

  it("take input until its stream is closed", async () => {
    const client = await spdyClient(exec(["cat"], "input=1&output=1"));
    const [error, stdin, stdout] = ["error", "stdin", "stdout"].map((streamtype) =>
      client.open({ streamtype }),
    );
    stdin?.end("fed in");
    expect(await textOf(stdout ?? Readable.from([]))).toBe("fed in");
    expect(JSON.parse(await textOf(error ?? Readable.from([])))).toEqual({ status: "Success" });
    client.close();
  });

  it("refuse a stream nobody asked for, and a second of a kind", async () => {
    const client = await spdyClient(exec(["sleep", "1000"]));
    const [first, second, other] = ["stdout", "stdout", "mystery"].map((streamtype) =>
      client.open({ streamtype }),
    );
    expect(await textOf(second ?? Readable.from([]))).toBe("");
    expect(await textOf(other ?? Readable.from([]))).toBe("");
    expect(first?.readableEnded).toBe(false);
    client.close();
  });

  it("answer pings", async () => {
    const client = await spdyClient(exec(["sleep", "1000"]));
    const answer = new Promise<Buffer>((resolve) =>
      client.socket.once("readable", () => resolve(client.socket.read())),
    );
    client.socket.write(Buffer.from("800300060000000400000001", "hex"));
    expect((await answer).toString("hex")).toBe("800300060000000400000001");
    client.close();
  });

  it.each([
    [[], 400, "X-Stream-Protocol-Version header is required"],
    [
      ["v9.channel.k8s.io"],
      403,
      "unable to upgrade: unable to negotiate protocol: client supports [v9.channel.k8s.io], server accepts [v4.channel.k8s.io v3.channel.k8s.io v2.channel.k8s.io channel.k8s.io]",
    ],
  ])("with versions %j are refused", async (protocols, status, message) => {
    await expect(spdyClient(exec(["true"]), protocols)).rejects.toMatchObject({
      status,
      message: `unable to upgrade connection: ${message}`,
    });
  });
});

describe("commands over WebSocket", () => {
  it.each([
    ["v5.channel.k8s.io", "command terminated with exit code 3"],
    ["v4.channel.k8s.io", "exit status 3"],
    ["v4.base64.channel.k8s.io", "exit status 3"],
  ])("of %s give output, errors and the exit code on channels", async (protocol, how) => {
    const client = await channelClient(exec(FAILS), [protocol]);
    expect(client.protocol).toBe(protocol);
    expect(await client.closed).toBe(1000);
    expect([client.text(1), client.text(2)]).toEqual(["out\n", "err\n"]);
    expect(JSON.parse(client.text(3))).toMatchObject(
      exitCode3(`command terminated with non-zero exit code: ${how}`),
    );
  });

  it.each([["channel.k8s.io"], ["base64.channel.k8s.io"], []])(
    "of %s tell failures as text",
    async (...protocols) => {
      const client = await channelClient(exec(FAILS), protocols);
      expect(await client.closed).toBe(1000);
      expect(client.text(3)).toBe("command terminated with non-zero exit code: exit status 3");
    },
  );

  it("choose the first protocol of the client's list that is known", async () => {
    const client = await channelClient(exec(["true"]), ["v9.channel.k8s.io", "v4.channel.k8s.io"]);
    expect(client.protocol).toBe("v4.channel.k8s.io");
    await client.closed;
    await expect(channelClient(exec(["true"]), ["v9.channel.k8s.io"])).rejects.toThrow("403");
  });

  it("begin with an empty message, which says that the connection stands", async () => {
    const client = await channelClient(exec(["sleep", "1000"]), ["v5.channel.k8s.io"]);
    await expect.poll(() => client.received.get(1)).toEqual([Buffer.alloc(0)]);
    client.socket.close();
  });

  it("take input until its channel is closed (version 5)", async () => {
    const client = await channelClient(exec(["cat"], "input=1&output=1"), ["v5.channel.k8s.io"]);
    client.send(0, "fed ");
    client.send(0, "in");
    client.closeChannel(0);
    expect(await client.closed).toBe(1000);
    expect(client.text(1)).toBe("fed in");
    expect(JSON.parse(client.text(3))).toEqual({ metadata: {}, status: "Success" });
  });

  it("know no close of a channel before version 5", async () => {
    const client = await channelClient(exec(["cat"], "input=1&output=1"), ["v4.channel.k8s.io"]);
    client.closeChannel(0);
    client.send(0, "still read");
    await expect.poll(() => client.text(1)).toBe("still read");
    client.socket.close();
  });

  it("end where the client's message makes no sense", async () => {
    const client = await channelClient(exec(["cat"], "input=1&output=1"), ["v5.channel.k8s.io"]);
    client.socket.send(Buffer.from([255]));
    expect(await client.closed).toBe(1002);
  });

  it("say what went wrong, twice internal as upstream's translation has it", async () => {
    const why = "error executing command in container: failed to exec in container: ";
    const v4 = await channelClient(exec(["no-such"]), ["v4.channel.k8s.io"]);
    await v4.closed;
    expect(JSON.parse(v4.text(3))).toMatchObject({
      message: expect.stringContaining(`Internal error occurred: ${why}`),
      code: 500,
    });
    const v5 = await channelClient(exec(["no-such"]), ["v5.channel.k8s.io"]);
    await v5.closed;
    expect(JSON.parse(v5.text(3))).toMatchObject({
      message: expect.stringContaining(`Internal error occurred: Internal error occurred: ${why}`),
      reason: "InternalError",
    });
  });

  it("are counted", async () => {
    node.webSockets.length = 0;
    await (await channelClient(exec(["true"]), ["v5.channel.k8s.io"])).closed;
    expect(node.webSockets).toEqual(["exec"]);
  });

  it("are refused to those who may not", async () => {
    node.allowed = false;
    await expect(channelClient(exec(["true"]), ["v5.channel.k8s.io"])).rejects.toThrow("403");
    node.allowed = true;
  });
});

describe("much data", () => {
  const MIB = 1024 * 1024;
  const TOTAL = 50 * MIB;

  it("goes through a command and back over WebSocket, as fast as the client reads and not faster", async () => {
    const client = await channelClient(exec(["cat"], "input=1&output=1"), ["v5.channel.k8s.io"]);
    let received = 0;
    client.socket.removeAllListeners("message");
    client.socket.on("message", (data: Buffer) => {
      if (data[0] === 1) received += data.length - 1;
    });
    // A client that does not read holds up the command, which holds up the client's writing.
    client.socket.pause();
    const piece = Buffer.concat([Buffer.from([0]), Buffer.alloc(MIB, "x")]);
    let sent = 0;
    const send = () => {
      if (sent === TOTAL) client.closeChannel(0);
      else {
        sent += MIB;
        client.socket.send(piece, () => send());
      }
    };
    send();
    let before = -1;
    await expect
      .poll(
        () => {
          const stands = sent === before;
          before = sent;
          return stands;
        },
        { interval: 300, timeout: 10_000 },
      )
      .toBe(true);
    expect(sent).toBeLessThan(TOTAL / 2);
    client.socket.resume();
    expect(await client.closed).toBe(1000);
    expect(received).toBe(TOTAL);
  }, 30_000);

  it("comes whole over SPDY though the server goes at once and the client is slow", async () => {
    const client = await spdyClient(exec(["cat"], "input=1&output=1"));
    const [error, stdin, stdout] = ["error", "stdin", "stdout"].map((streamtype) =>
      client.open({ streamtype }),
    );
    stdin?.end(Buffer.alloc(MIB, "y"));
    let received = 0;
    for await (const chunk of stdout ?? []) {
      received += chunk.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(received).toBe(MIB);
    expect(await textOf(error ?? Readable.from([]))).toContain("Success");
    client.close();
  });
});

describe("a client that goes away", () => {
  it.each(["WebSocket", "SPDY"])("over %s ends the command's streams", async (kind) => {
    const command = exec(["cat"], "input=1&output=1");
    if (kind === "SPDY") {
      const client = await spdyClient(command);
      for (const streamtype of ["error", "stdin", "stdout"]) client.open({ streamtype });
      client.socket.destroy();
    } else (await channelClient(command, ["v5.channel.k8s.io"])).socket.terminate();
    // What is left of it would keep the server from ending.
    await expect.poll(() => node.connections(), { timeout: 5000 }).toBe(0);
  });

  it("without a word is let go when nothing has moved for long enough", async () => {
    const impatient = await startTestNode({ idleTimeoutMs: 100 });
    await impatient.runPod({ name: "box", command: ["sleep", "1000"] });
    const path = `/exec/default/box/app?${query(["sleep", "1000"], "output=1")}`;
    const started = performance.now();
    const client = await channelClient(`${impatient.url}${path}`, ["v5.channel.k8s.io"]);
    expect(await client.closed).toBe(1006);
    expect(performance.now() - started).toBeGreaterThan(90);
    await impatient.stop();
  });
});

describe("attaching", () => {
  it("feeds the container's own program and shows what it says, until it ends", async () => {
    const url = `${node.url}/attach/default/reader/app?input=1&output=1&error=1`;
    const client = await channelClient(url, ["v5.channel.k8s.io"]);
    client.send(0, "to the program\n");
    await expect.poll(() => client.text(1)).toBe("to the program\n");
    client.closeChannel(0);
    expect(await client.closed).toBe(1000);
    expect(JSON.parse(client.text(3))).toEqual({ metadata: {}, status: "Success" });
  });
});

describe("port forwarding", () => {
  const url = (more = "") => `${node.url}/portForward/default/box${more}`;
  const TUNNEL = "SPDY/3.1+portforward.k8s.io";
  const clients: Record<string, () => Promise<SpdyClient>> = {
    SPDY: () => spdyClient(url(), ["portforward.k8s.io"]),
    "SPDY inside WebSocket": () => tunnelClient(url(), TUNNEL),
  };
  const pair = (client: SpdyClient, port: number, requestid: string) => ({
    error: client.open({ streamtype: "error", port: String(port), requestid }),
    data: client.open({ streamtype: "data", port: String(port), requestid }),
  });

  it.each(Object.keys(clients))("over %s carries many connections at once", async (kind) => {
    const client = await clients[kind]?.();
    if (client === undefined) throw new Error("no client");
    const texts = await Promise.all(
      [8080, 9090, 8080].map(async (port, index) => {
        const { data, error } = pair(client, port, String(index));
        data.end(`bytes ${index}`);
        error.end();
        return [await textOf(data), await textOf(error)];
      }),
    );
    expect(texts).toEqual([0, 1, 2].map((index) => [`bytes ${index}`, ""]));
    client.close();
  });

  it.each(Object.keys(clients))("over %s says why a port cannot be reached", async (kind) => {
    const client = await clients[kind]?.();
    if (client === undefined) throw new Error("no client");
    const { data, error } = pair(client, 1, "0");
    const uid = node.podUid("box");
    expect(await textOf(error)).toBe(
      `error forwarding port 1 to pod box, uid ${uid}: failed to connect to localhost:1: the simulated pod does not listen there`,
    );
    expect(await textOf(data)).toBe("");
    client.close();
  });

  it("over a tunnel says which protocol it carries", async () => {
    const client = await tunnelClient(url(), `SPDY/3.1+other.k8s.io, ${TUNNEL}`);
    expect(client.protocol).toBe(TUNNEL);
    client.close();
    await expect(tunnelClient(url(), "SPDY/3.1+other.k8s.io")).rejects.toMatchObject({
      status: 403,
    });
  });

  it.each(["v4.channel.k8s.io", "v4.base64.channel.k8s.io"])(
    "over %s has two channels for each port, which begin with it",
    async (protocol) => {
      const client = await channelClient(url("?port=8080&port=1,9090"), [protocol]);
      client.send(0, "first");
      client.send(4, "third");
      const little = (port: number) => Buffer.from([port & 0xff, port >> 8]).toString("utf8");
      await expect.poll(() => client.text(0)).toBe(`${little(8080)}first`);
      await expect.poll(() => client.text(4)).toBe(`${little(9090)}third`);
      await expect
        .poll(() => client.text(3))
        .toContain(`${little(1)}error forwarding port 1 to pod`);
      client.socket.close();
    },
  );

  it.each([
    ["", "400"],
    ["?port=", "400"],
    ["?port=http", "400"],
    ["?port=0", "400"],
    ["?port=65536", "400"],
  ])("over WebSocket to %j is refused", async (ports, status) => {
    await expect(channelClient(url(ports), ["v4.channel.k8s.io"])).rejects.toThrow(status);
  });
});

describe("a stream that cannot be", () => {
  it.each([
    ["/exec/default/nobody/app?command=ls&output=1", 404, "pod does not exist"],
    ["/exec/default/box/other?command=ls&output=1", 500, 'container not found ("other")'],
    ["/exec/default/box/other-uid/app?command=ls&output=1", 500, 'container not found ("app")'],
    ["/attach/default/box/other?output=1", 500, "container other not found in pod box_default"],
    ["/portForward/default/nobody", 404, "pod does not exist"],
    ["/portForward/default/box/other-uid", 404, "pod not found"],
    [
      "/exec/default/box/app?command=ls",
      400,
      "you must specify at least 1 of stdin, stdout, stderr",
    ],
    ["/mystery/default/box", 404, "404 page not found"],
  ])("%s is refused in upstream's words", async (path, status, message) => {
    await expect(spdyClient(`${node.url}${path}`)).rejects.toMatchObject({
      status,
      message: `unable to upgrade connection: ${message}`,
    });
    const answer = await fetch(`${node.url}/exec/default/box/app`);
    expect(answer.status).toBe(400);
  });
});
