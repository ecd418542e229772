import { type ClientHttp2Session, connect } from "node:http2";
import { connect as tlsConnect } from "node:tls";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Http2TestClient } from "./testing/http2-client.ts";
import { configMap, namespace } from "./testing/objects.ts";
import { startTestServer, type TestServer } from "./testing/test-server.ts";

let server: TestServer;
let client: Http2TestClient;
const configMaps = "/api/v1/namespaces/default/configmaps";

beforeAll(async () => {
  server = await startTestServer({ inFlight: { readOnly: 50, mutating: 20 } });
  client = new Http2TestClient(server);
  await client.request("/api/v1/namespaces", { body: namespace("default") });
});
afterAll(async () => {
  client.close();
  await server.stop();
});
afterEach(async () => {
  expect((await client.request("/healthz")).body.toString()).toBe("ok");
  // Whatever was done: nothing of it still counts as under way.
  await server.rest.idle();
  expect(server.core.inFlight.underWay("readOnly")).toBe(0);
  expect(server.core.inFlight.underWay("mutating")).toBe(0);
});

function session(): ClientHttp2Session {
  const opened = connect(server.url, {
    ca: server.ca.certificate,
    cert: server.client.certificate,
    key: server.client.key,
  });
  opened.on("error", () => undefined);
  return opened;
}

test("streams that are reset at once", async () => {
  const hostile = session();
  const closed = new Promise((resolve) => hostile.once("close", resolve));
  for (let i = 0; i < 2_000 && !hostile.destroyed; i++) {
    const stream = hostile.request({ ":path": configMaps });
    stream.on("error", () => undefined);
    stream.close(8);
    if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  hostile.destroy();
  await closed;
});

test("bodies that never come to their end", async () => {
  const hostile = session();
  const streams = Array.from({ length: 30 }, () => {
    const stream = hostile.request({
      ":path": configMaps,
      ":method": "POST",
      "content-type": "application/json",
    });
    stream.on("error", () => undefined);
    stream.write('{"kind":');
    return stream;
  });
  await new Promise((resolve) => streams[0]?.once("ready", resolve));
  hostile.destroy();
});

test("watchers that go away while events come", async () => {
  const hostile = session();
  for (let i = 0; i < 50; i++) {
    const stream = hostile.request({ ":path": `${configMaps}?watch=1&resourceVersion=0` });
    stream.on("error", () => undefined);
    stream.on("response", () => stream.close(8));
  }
  for (let i = 0; i < 50; i++) {
    await client.request(configMaps, { body: configMap(`while-${i}`) });
  }
  hostile.destroy();
});

test("a watcher that does not read holds nobody up", async () => {
  const hostile = session();
  const deaf = hostile.request({ ":path": `${configMaps}?watch=1&resourceVersion=0` });
  deaf.on("error", () => undefined);
  deaf.pause();
  const events = client.lines(
    `${configMaps}?watch=1&resourceVersion=0&fieldSelector=metadata.name%3Dlast`,
  );
  for (let i = 0; i < 40; i++) {
    await client.request(configMaps, { body: configMap(`big-${i}`, { text: "x".repeat(50_000) }) });
  }
  await client.request(configMaps, { body: configMap("last") });
  expect((await events.next()).value.object.metadata.name).toBe("last");
  await events.return();
  hostile.destroy();
});

test("headers without end", async () => {
  const hostile = session();
  const stream = hostile.request({ ":path": "/version", "x-large": "x".repeat(200_000) });
  const ended = await new Promise<string>((resolve) => {
    stream.on("error", () => resolve("refused"));
    stream.on("response", (headers) => resolve(String(headers[":status"])));
    hostile.on("close", () => resolve("closed"));
  });
  expect(["refused", "closed", "431"]).toContain(ended);
  hostile.destroy();
});

test("bytes that are no TLS and no HTTP", async () => {
  const lines = ["\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u0000".repeat(1_000)];
  for (const line of lines) {
    await new Promise<void>((resolve) => {
      const socket = tlsConnect(server.port, "127.0.0.1", {
        ca: server.ca.certificate,
        servername: "localhost",
      });
      socket.on("error", () => resolve());
      socket.on("close", () => resolve());
      socket.on("data", () => undefined);
      socket.end(line);
    });
  }
});

test("more requests than the limits allow are all served in the end", async () => {
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, i) =>
      client.request(configMaps, { body: configMap(`flood-${i}`) }),
    ),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
});

test("sockets that break in the middle of an answer", async () => {
  for (let i = 0; i < 10; i++) {
    const hostile = session();
    const stream = hostile.request({ ":path": configMaps });
    stream.on("error", () => undefined);
    await new Promise<void>((resolve) => {
      stream.once("response", () => {
        hostile.socket.destroy();
        resolve();
      });
    });
  }
});
