import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constants, createDeflate } from "node:zlib";
import { type ContainerRuntime, createSimulatedRuntime } from "@kubets/cri";
import { silentLogger, systemClock } from "@kubets/service";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { DICTIONARY, HeaderReader } from "../streams/spdy-headers.ts";
import { type KubeletHarness, startKubelet } from "../testing/kubelet-harness.ts";
import { makeContainer, makePod } from "../testing/pods.ts";
import { questions } from "./node-access.ts";
import { NodeApi } from "./node-api.ts";

let directory: string;
let runtime: ContainerRuntime;
let harness: KubeletHarness;
let server: Server;
let base: string;
let allowed = true;
let logFile: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "node-api-"));
  runtime = createSimulatedRuntime({ clock: systemClock });
  harness = await startKubelet(runtime, directory);
  const api = new NodeApi({
    nodeName: "node-a",
    context: harness.kubelet.context,
    pods: () => harness.kubelet.podsOfNode(),
    refusal: async () => (allowed ? undefined : { status: 403, message: "Forbidden" }),
    clock: systemClock,
    logger: silentLogger,
  });
  server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://kubelet");
    api.handle(request, response, url).then(
      (known) => known || response.writeHead(404).end(),
      () => response.destroy(),
    );
  });
  server.on("upgrade", (request, socket, head) => api.upgrade(request, socket, head));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await harness.run({
    ...makePod({
      containers: [
        makeContainer("app", {
          command: ["sh", "-c", "echo one; echo two >&2; echo three; sleep 1000"],
        }),
      ],
    }),
    metadata: { name: "talker", namespace: "default" },
  });
  const pod = await harness.untilPod("talker", ({ status }) => status?.phase === "Running");
  logFile = join(directory, "logs", `default_talker_${pod.metadata.uid}`, "app", "0.log");
  await harness.run({
    ...makePod({ containers: [makeContainer("app", { image: "registry.invalid/x:1" })] }),
    metadata: { name: "imageless", namespace: "default" },
  });
  await harness.untilPod(
    "imageless",
    ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === "ImagePullBackOff",
  );
});
afterAll(async () => {
  server?.closeAllConnections();
  server?.close();
  await harness?.stop();
  await runtime?.close();
  await rm(directory, { recursive: true, force: true });
});

const logs = async (query: string, pod = "talker", container = "app") => {
  const response = await fetch(`${base}/containerLogs/default/${pod}/${container}?${query}`);
  return { status: response.status, text: await response.text() };
};

describe("logs of a container", () => {
  it("come whole, and in parts as they are asked for", async () => {
    await expect.poll(async () => (await logs("")).text).toBe("one\ntwo\nthree\n");
    expect((await logs("tailLines=1")).text).toBe("three\n");
    expect((await logs("tailLines=0")).text).toBe("");
    expect((await logs("tailLines=99")).text).toBe("one\ntwo\nthree\n");
    expect((await logs("stream=Stderr")).text).toBe("two\n");
    expect((await logs("limitBytes=5")).text).toBe("one\nt");
    expect((await logs("timestamps=true&tailLines=1")).text).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:.]+Z three\n$/,
    );
    expect((await logs("sinceTime=2999-01-01T00:00:00Z")).text).toBe("");
  });

  it("go on while they are followed", async () => {
    const gone = new AbortController();
    const response = await fetch(
      `${base}/containerLogs/default/talker/app?follow=true&tailLines=1`,
      { signal: gone.signal },
    );
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = (await reader?.read())?.value ?? "";
    await appendFile(logFile, "2026-01-01T00:00:00.000000001Z stdout F later\n");
    while (!text.includes("later\n")) text += (await reader?.read())?.value ?? "";
    expect(text).toBe("three\nlater\n");
    gone.abort();
  });

  it.each([
    ["nobody", "app", "", 404, 'pod "nobody" does not exist\n'],
    ["talker", "other", "", 404, 'container "other" not found in pod "talker"\n'],
    [
      "talker",
      "app",
      "previous=true",
      400,
      'previous terminated container "app" in pod "talker" not found',
    ],
    [
      "talker",
      "app",
      "tailLines=-1",
      400,
      "tailLines: Invalid value: -1: must be greater than or equal to 0",
    ],
    [
      "imageless",
      "app",
      "",
      400,
      'container "app" in pod "imageless" is waiting to start: trying and failing to pull image',
    ],
  ])(
    "of %s/%s?%s are refused with upstream's words",
    async (pod, container, query, status, text) => {
      expect(await logs(query, pod, container)).toEqual({ status, text });
    },
  );
});

describe("commands over WebSocket", () => {
  const exec = (command: readonly string[], protocol: string, stdin?: string) =>
    new Promise<Record<number, string>>((resolve, reject) => {
      const query = command.map((word) => `command=${encodeURIComponent(word)}`).join("&");
      const streams = `output=1&error=1${stdin === undefined ? "" : "&input=1"}`;
      const socket = new WebSocket(`${base}/exec/default/talker/app?${query}&${streams}`, protocol);
      const channels: Record<number, string> = {};
      socket.on("message", (data: Buffer) => {
        const channel = data[0] ?? -1;
        channels[channel] = (channels[channel] ?? "") + data.toString("utf8", 1);
      });
      socket.on("open", () => {
        if (stdin === undefined) return;
        socket.send(Buffer.concat([Buffer.from([0]), Buffer.from(stdin)]));
        socket.send(Buffer.from([255, 0]));
      });
      socket.on("close", () => resolve(channels));
      socket.on("error", reject);
    });

  it("give output, errors and the exit code on channels of their own", async () => {
    const channels = await exec(
      ["sh", "-c", "echo out; echo err >&2; exit 3"],
      "v4.channel.k8s.io",
    );
    expect(channels[1]).toBe("out\n");
    expect(channels[2]).toBe("err\n");
    expect(JSON.parse(channels[3] ?? "")).toMatchObject({
      status: "Failure",
      reason: "NonZeroExitCode",
      details: { causes: [{ reason: "ExitCode", message: "3" }] },
    });
  });

  it("take input until it is closed (version 5)", async () => {
    const channels = await exec(["cat"], "v5.channel.k8s.io", "fed in");
    expect(channels[1]).toBe("fed in");
    expect(JSON.parse(channels[3] ?? "")).toMatchObject({ status: "Success" });
  });

  it("are refused to those who may not", async () => {
    allowed = false;
    await expect(exec(["true"], "v4.channel.k8s.io")).rejects.toThrow("403");
    allowed = true;
  });
});

describe("commands over SPDY", () => {
  it("give output, errors and the exit code on streams of their own", async () => {
    const { port } = server.address() as AddressInfo;
    const socket = connect(port, "127.0.0.1");
    const deflate = createDeflate({ dictionary: DICTIONARY });
    const compressed: Buffer[] = [];
    deflate.on("data", (chunk: Buffer) => compressed.push(chunk));
    const open = async (id: number, type: string) => {
      const plain = Buffer.concat([
        uint32(1),
        uint32(10),
        Buffer.from("streamtype"),
        uint32(type.length),
        Buffer.from(type),
      ]);
      compressed.length = 0;
      deflate.write(plain);
      await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, resolve));
      const body = Buffer.concat([uint32(id), uint32(0), Buffer.alloc(2), ...compressed]);
      socket.write(Buffer.concat([Buffer.from([0x80, 3, 0, 1]), uint32(body.length), body]));
    };
    socket.write(
      "POST /exec/default/talker/app?command=sh&command=-c&command=echo+out%3B+exit+3&output=1&error=1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n",
    );
    let buffer = Buffer.alloc(0);
    const received: Record<number, string> = {};
    const replies: number[] = [];
    const headers = new HeaderReader();
    let upgraded = false;
    await new Promise<void>((resolve) => {
      socket.on("end", resolve);
      socket.on("data", (chunk: Buffer) => {
        buffer = Buffer.concat([buffer, chunk]);
        if (!upgraded) {
          const end = buffer.indexOf("\r\n\r\n");
          if (end < 0) return;
          expect(buffer.toString("latin1", 0, 12)).toBe("HTTP/1.1 101");
          buffer = buffer.subarray(end + 4);
          upgraded = true;
          open(1, "error")
            .then(() => open(3, "stdout"))
            .then(() => open(5, "stderr"))
            .catch(() => socket.destroy());
        }
        while (buffer.length >= 8) {
          const length = buffer.readUInt32BE(4) & 0xffffff;
          if (buffer.length < 8 + length) return;
          const [frame, body] = [buffer, buffer.subarray(8, 8 + length)];
          buffer = buffer.subarray(8 + length);
          if (frame.readUInt8(0) === 0x80) replies.push(body.readUInt32BE(0));
          else
            received[frame.readUInt32BE(0)] =
              (received[frame.readUInt32BE(0)] ?? "") + body.toString();
        }
      });
    });
    headers.close();
    expect(replies).toEqual([1, 3, 5]);
    expect(received[3]).toBe("out\n");
    expect(JSON.parse(received[1] ?? "")).toMatchObject({ reason: "NonZeroExitCode" });
  });
});

describe("the right to use the node API", () => {
  const asked = (method: string, path: string) =>
    questions(method, path, "node-a").map((question) =>
      "resourceAttributes" in question
        ? `${question.resourceAttributes.verb} ${question.resourceAttributes.subresource}`
        : "",
    );
  it.each([
    ["GET", "/containerLogs/a/b/c", ["get proxy"]],
    ["GET", "/stats/summary", ["get stats"]],
    ["GET", "/metrics", ["get metrics"]],
    ["GET", "/pods", ["get pods", "get proxy"]],
    ["GET", "/configz", ["get configz", "get proxy"]],
    ["POST", "/exec/a/b/c", ["create proxy"]],
    // A WebSocket begins with GET; reading must not be enough to run something.
    ["GET", "/exec/a/b/c", ["create proxy"]],
    ["GET", "/portForward/a/b", ["create proxy"]],
  ])("%s %s asks for %j", (method, path, expected) => {
    expect(asked(method, path)).toEqual(expected);
  });
});

describe("what is asked of the node", () => {
  it("are its pods with their statuses", async () => {
    const list = (await (await fetch(`${base}/pods`)).json()) as {
      items: { metadata: { name: string }; status: { phase: string } }[];
    };
    expect(list.items.find(({ metadata }) => metadata.name === "talker")?.status.phase).toBe(
      "Running",
    );
  });
  it("is what its pods use", async () => {
    const summary = (await (await fetch(`${base}/stats/summary`)).json()) as {
      pods: { podRef: { name: string } }[];
    };
    expect(summary.pods.map(({ podRef }) => podRef.name)).toContain("talker");
  });
});

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
