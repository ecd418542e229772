import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { gunzipSync, gzipSync } from "node:zlib";
import { issueCertificate, systemClock } from "@kubets/service";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Http2TestClient } from "../testing/http2-client.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";

const PAGE = '<a href="/next">next</a>';
let server: TestServer;
let client: Http2TestClient;
let backend: Server;
let proxy: string;

beforeAll(async () => {
  server = await startTestServer();
  client = new Http2TestClient(server);
  const certificate = await issueCertificate({
    ca: server.ca,
    commonName: "system:node:n1",
    sans: ["127.0.0.1"],
    usages: ["server"],
    clock: systemClock,
  });
  backend = createServer(
    { cert: certificate.certificate, key: certificate.key },
    (request, response) => {
      switch (request.url) {
        case "/page":
          response.setHeader("content-type", "text/html; charset=utf-8");
          response.end(PAGE);
          return;
        case "/packed":
          response.setHeader("content-type", "text/html");
          response.setHeader("content-encoding", "gzip");
          response.end(gzipSync(PAGE));
          return;
        case "/moved":
          response.writeHead(302, { location: "/elsewhere?x=1" }).end();
          return;
        case "/switching":
          request.socket.write(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n",
          );
          return;
        case "/broken":
          response.setHeader("content-length", "100");
          response.write("half", () => response.destroy());
          return;
        default:
          response.setHeader("content-type", "text/plain");
          response.end(PAGE);
      }
    },
  );
  await new Promise<void>((resolve) => backend.listen(0, "127.0.0.1", resolve));
  await client.request("/api/v1/nodes", {
    body: { apiVersion: "v1", kind: "Node", metadata: { name: "n1" } },
  });
  await client.request("/api/v1/nodes/n1/status", {
    method: "PATCH",
    headers: { "content-type": "application/merge-patch+json" },
    body: JSON.stringify({
      status: { addresses: [{ type: "InternalIP", address: "127.0.0.1" }] },
    }),
  });
  proxy = `/api/v1/nodes/n1:${(backend.address() as AddressInfo).port}/proxy`;
});
afterAll(async () => {
  client.close();
  backend.closeAllConnections();
  await new Promise((resolve) => backend.close(resolve));
  await server.stop();
});

test("a page's links lead through the proxy, packed or not", async () => {
  const wanted = PAGE.replace("/next", `${proxy}/next`);
  expect((await client.request(`${proxy}/page`)).body.toString()).toBe(wanted);
  const packed = await client.request(`${proxy}/packed`);
  expect(packed.headers["content-encoding"]).toBe("gzip");
  expect(gunzipSync(packed.body).toString()).toBe(wanted);
});

test("what is no page goes through as it is", async () => {
  expect((await client.request(`${proxy}/text`)).body.toString()).toBe(PAGE);
});

test("a redirect of the backend leads through the proxy", async () => {
  const answer = await client.request(`${proxy}/moved`);
  expect(answer.status).toBe(302);
  expect(answer.headers.location).toBe(`${proxy}/elsewhere?x=1`);
});

test("the place itself is asked for with a slash, so that relative links stay inside", async () => {
  const answer = await client.request(`${proxy}?method=GET`);
  expect(answer.status).toBe(301);
  expect(answer.headers.location).toBe(`${proxy}/?method=GET`);
  expect((await client.request(proxy, { method: "POST", body: {} })).status).toBe(200);
});

test("a backend that becomes something else unasked is refused, and let go", async () => {
  const answer = await client.request(`${proxy}/switching`);
  expect(answer.status).toBe(500);
  expect(answer.json.message).toBe(
    'backend tried to switch protocol "other" when "" was requested',
  );
  const connections = () =>
    new Promise((resolve, reject) =>
      backend.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    );
  await expect.poll(connections).toBe(0);
});

test("half an answer is not taken for a whole one", async () => {
  const lines = client.lines(`${proxy}/broken`);
  await expect(lines.next()).rejects.toMatchObject({ code: "ERR_HTTP2_STREAM_ERROR" });
});
