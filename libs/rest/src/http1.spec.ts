import { request as httpsRequest } from "node:https";
import { connect } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { configMap, namespace } from "./testing/objects.ts";
import { startTestServer, type TestServer } from "./testing/test-server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    authorize: ({ user, path }) => user.name === "tester" || path === "/version",
  });
});
afterAll(() => server.stop());

function send(
  path: string,
  options: { method?: string; body?: object; anonymous?: boolean; headers?: object } = {},
): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(`${server.url}${path}`, {
      method: options.method ?? (options.body === undefined ? "GET" : "POST"),
      ca: server.ca.certificate,
      ...(options.anonymous === true
        ? {}
        : { cert: server.client.certificate, key: server.client.key }),
      agent: false,
      headers: { "content-type": "application/json", ...options.headers },
    });
    request.on("error", reject);
    request.on("response", async (response) => {
      let body = "";
      for await (const chunk of response) body += chunk;
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
    });
    request.end(options.body === undefined ? undefined : JSON.stringify(options.body));
  });
}

test("HTTP/1.1 is served on the same port, with the same certificates", async () => {
  expect((await send("/api/v1/namespaces", { body: namespace("one") })).status).toBe(201);
  const path = "/api/v1/namespaces/one/configmaps";
  const created = await send(path, { body: configMap("a", { k: "v" }) });
  expect(created.status).toBe(201);
  const listed = await send(path);
  expect(JSON.parse(listed.body).items).toHaveLength(1);
  const anonymous = await send(path, { anonymous: true });
  expect(anonymous.status).toBe(403);
  expect(JSON.parse(anonymous.body).message).toBe(
    'configmaps is forbidden: User "system:anonymous" cannot list resource "configmaps" in API group "" in the namespace "one"',
  );
  expect((await send("/version", { anonymous: true })).status).toBe(200);
});

test("a watch over HTTP/1.1 comes in chunks and ends in time", async () => {
  const answer = await send(
    "/api/v1/namespaces/one/configmaps?watch=1&resourceVersion=0&timeoutSeconds=1",
  );
  expect(answer.headers["transfer-encoding"]).toBe("chunked");
  expect(JSON.parse(answer.body).type).toBe("ADDED");
});

test("an upgrade to a protocol that nobody speaks is ignored", async () => {
  const answer = await send("/version", { headers: { connection: "Upgrade", upgrade: "h2c" } });
  expect(answer.status).toBe(200);
});

test("what is no HTTP gets 400 and nothing breaks", async () => {
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(server.port, "127.0.0.1", {
      ca: server.ca.certificate,
      servername: "localhost",
    });
    let text = "";
    socket.on("data", (data) => {
      text += data;
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(text));
    socket.write("\x00\x01nonsense\r\n\r\n");
  });
  expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request/);
  expect((await send("/version")).status).toBe(200);
});

test("HEAD has the headers and no body", async () => {
  const answer = await send("/version", { method: "HEAD" });
  expect(answer.status).toBe(200);
  expect(Number(answer.headers["content-length"])).toBeGreaterThan(0);
  expect(answer.body).toBe("");
});
