/** Watches over WebSocket, and tokens in their subprotocols. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { websocketToken } from "./http/websocket-token.ts";
import { Http2TestClient } from "./testing/http2-client.ts";
import { listen } from "./testing/listen.ts";
import { namespace } from "./testing/objects.ts";
import { startTestServer, type TestServer } from "./testing/test-server.ts";

const maps = "/api/v1/namespaces/default/configmaps";
let server: TestServer;
let client: Http2TestClient;

beforeAll(async () => {
  server = await startTestServer();
  client = new Http2TestClient(server);
  await client.request("/api/v1/namespaces", { body: namespace("default") });
  await client.request(maps, { body: configMap("first") });
});
afterAll(async () => {
  client.close();
  await server.stop();
});

function configMap(name: string) {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { name } };
}

const typeAndName = (message: Buffer | string): string => {
  const { type, object } = JSON.parse(String(message)) as {
    type: string;
    object: { metadata: { name: string } };
  };
  return `${type} ${object.metadata.name}`;
};

describe("a watch over WebSocket", () => {
  test("gives each event as a text message of its own", async () => {
    const heard = await listen(
      server,
      `${maps}?watch=true&fieldSelector=metadata.name!=kube-root-ca.crt`,
      [],
      {
        onMessage: (message, close) => {
          if (typeAndName(message) === "ADDED first") {
            client
              .request(maps, { body: configMap("second") })
              .then(() => client.request(`${maps}/second`, { method: "DELETE" }))
              .catch(close);
          }
          if (typeAndName(message) === "DELETED second") close();
        },
      },
    );
    expect(heard.messages.map((message) => typeof message)).toEqual(["string", "string", "string"]);
    expect(heard.messages.map(typeAndName)).toEqual([
      "ADDED first",
      "ADDED second",
      "DELETED second",
    ]);
    expect(heard.code).toBe(1005);
  });

  test("closes normally when its time is over", async () => {
    const { code } = await listen(server, `${maps}?watch=1&timeoutSeconds=1`);
    expect(code).toBe(1000);
  });

  test("has binary messages without a length where the client takes protobuf", async () => {
    const heard = await listen(server, `${maps}?watch=1`, [], {
      headers: { accept: "application/vnd.kubernetes.protobuf" },
      onMessage: (_message, close) => close(),
    });
    // WatchEvent{type: "ADDED"} begins with its first field.
    expect(Buffer.isBuffer(heard.messages[0])).toBe(true);
    expect(String(heard.messages[0]).slice(0, 7)).toBe("\n\u0005ADDED");
  });

  test("answers with the client's first subprotocol", async () => {
    const { protocol } = await listen(server, `${maps}?watch=1&timeoutSeconds=1`, ["a", "b"]);
    expect(protocol).toBe("a");
  });

  test.each([
    [`${maps}?watch=1&resourceVersion=nonsense`, "400"],
    ["/api/v1/mysteries?watch=1", "404"],
  ])("of %s is refused before it becomes one", async (path, status) => {
    await expect(listen(server, path)).rejects.toThrow(status);
  });

  test("ends with the server", async () => {
    const own = await startTestServer();
    const other = new Http2TestClient(own);
    await other.request("/api/v1/namespaces", { body: namespace("default") });
    const begun = Promise.withResolvers<void>();
    const heard = listen(own, "/api/v1/namespaces?watch=1", [], {
      onMessage: () => begun.resolve(),
    });
    await begun.promise;
    other.close();
    await own.stop();
    expect((await heard).code).toBe(1000);
  });
});

describe("a token among the subprotocols", () => {
  const encoded = Buffer.from("the-token").toString("base64url");
  const prefix = "base64url.bearer.authorization.k8s.io.";

  test.each<[readonly string[] | undefined, string | undefined]>([
    [undefined, undefined],
    [["binary.k8s.io"], undefined],
    [[`${prefix}${encoded}, binary.k8s.io`], "the-token"],
    [["binary.k8s.io", `${prefix}${encoded}`], "the-token"],
    // As they are, since nobody takes them.
    [[`${prefix}${encoded}`], `${prefix}${encoded}`],
    [[`${prefix}, binary.k8s.io`], prefix],
    [[`${prefix}*, binary.k8s.io`], `${prefix}*`],
    [[`${prefix}${encoded}, ${prefix}${encoded}, x`], `${prefix}${encoded}`],
  ])("of %j is %s", (lines, token) => {
    expect(websocketToken(lines)).toBe(token);
  });

  test("does not come back in the answer", async () => {
    const { protocol } = await listen(server, `${maps}?watch=1`, [`${prefix}${encoded}`, "x"], {
      onMessage: (_message, close) => close(),
    });
    expect(protocol).toBe("x");
  });
});
