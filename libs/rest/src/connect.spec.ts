import type { IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect as connectPlain } from "node:net";
import type { Duplex } from "node:stream";
import { connect } from "node:tls";
import { FakeClock } from "@kubets/service";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FakeKubelet, MUCH, startFakeKubelet } from "./testing/fake-kubelet.ts";
import { Http2TestClient } from "./testing/http2-client.ts";
import { listen } from "./testing/listen.ts";
import { namespace, pod } from "./testing/objects.ts";
import { startTestServer, type TestServer } from "./testing/test-server.ts";

let server: TestServer;
let kubelet: FakeKubelet;
let client: Http2TestClient;
let allowed: (verb: string, subresource: string) => boolean = () => true;
const clock = new FakeClock();
const pods = "/api/v1/namespaces/default/pods";

beforeAll(async () => {
  server = await startTestServer({
    edgeClock: clock,
    authorize: ({ verb, subresource }) => allowed(verb, subresource),
  });
  kubelet = await startFakeKubelet(server);
  client = new Http2TestClient(server);
  await client.request("/api/v1/namespaces", { body: namespace("default") });
  await client.request("/api/v1/nodes", {
    body: { apiVersion: "v1", kind: "Node", metadata: { name: "n1" } },
  });
  await client.request("/api/v1/nodes/n1/status", {
    method: "PATCH",
    headers: { "content-type": "application/merge-patch+json" },
    body: JSON.stringify({
      status: {
        addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
        daemonEndpoints: { kubeletEndpoint: { Port: kubelet.port } },
      },
    }),
  });
  await client.request(pods, { body: pod("p", { nodeName: "n1" }) });
  await client.request(pods, { body: pod("unbound") });
  const two = [
    { name: "a", image: "i" },
    { name: "b", image: "i" },
  ];
  await client.request(pods, { body: pod("two", { nodeName: "n1", containers: two }) });
});
afterAll(async () => {
  client.close();
  await kubelet.stop();
  await server.stop();
});

interface Upgraded {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  /** Set after 101. */
  readonly socket?: Duplex;
  readonly body: string;
}

function upgrade(
  path: string,
  options: { method?: string; headers?: object } = {},
): Promise<Upgraded> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(`${server.url}${path}`, {
      method: options.method ?? "POST",
      ca: server.ca.certificate,
      cert: server.client.certificate,
      key: server.client.key,
      agent: false,
      headers: {
        connection: "Upgrade",
        upgrade: "SPDY/3.1",
        "x-stream-protocol-version": "v4.channel.k8s.io",
        authorization: "Bearer secret",
        "x-remote-user": "somebody",
        ...options.headers,
      },
    });
    request.on("error", reject);
    request.on("upgrade", (response, socket) =>
      resolve({ status: 101, headers: response.headers, socket, body: "" }),
    );
    request.on("response", async (response) => {
      let body = "";
      for await (const chunk of response) body += chunk;
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
    });
    request.end();
  });
}

describe("logs", () => {
  test("are streamed from the pod's kubelet", async () => {
    const answer = await client.request(`${pods}/p/log?tailLines=5&timestamps=true`);
    expect(answer.status).toBe(200);
    expect(answer.headers["content-type"]).toBe("text/plain");
    expect(answer.body.toString()).toBe("log line\n");
    expect(kubelet.seen.at(-1)?.url).toBe(
      "/containerLogs/default/p/mycontainer?timestamps=true&tailLines=5",
    );
    const followed = await client.request(`${pods}/p/log?follow=true`);
    expect(followed.body.toString()).toBe("first\nsecond\n");
  });

  test("of one of several containers need its name", async () => {
    const answer = await client.request(`${pods}/two/log`);
    expect(answer.status).toBe(400);
    expect(answer.json.message).toBe(
      "a container name must be specified for pod two, choose one of: [a b]",
    );
    const wrong = await client.request(`${pods}/two/log?container=c`);
    expect(wrong.json.message).toBe("container c is not valid for pod two");
  });

  test("of a pod without a node are empty", async () => {
    expect((await client.request(`${pods}/unbound/log`)).status).toBe(204);
  });

  test.each([
    ["tailLines=-1", "tailLines: Invalid value: -1: must be greater than or equal to 0"],
    ["limitBytes=0", "limitBytes: Invalid value: 0: must be greater than 0"],
    [
      "stream=Both",
      'stream: Unsupported value: "Both": supported values: "All", "Stderr", "Stdout"',
    ],
    [
      "stream=Stdout&tailLines=1",
      ": Forbidden: `tailLines` and specific `stream` are mutually exclusive for now",
    ],
  ])("with %s are refused", async (options, message) => {
    const answer = await client.request(`${pods}/p/log?${options}`);
    expect(answer.status).toBe(422);
    expect(answer.json.message).toBe(`PodLogOptions "p" is invalid: ${message}`);
  });

  test.each([
    [[], "", "log line\n"],
    [["binary.k8s.io"], "binary.k8s.io", "log line\n"],
    [["base64.binary.k8s.io"], "base64.binary.k8s.io", "bG9nIGxpbmUK"],
  ])("over a WebSocket that offers %j are its messages", async (offered, chosen, text) => {
    const { protocol, messages, code } = await listen(server, `${pods}/p/log`, offered);
    expect([protocol, code]).toEqual([chosen, 1000]);
    // The first one says that the connection stands.
    expect(messages.map(String)).toEqual(["", text]);
  });

  test("over a WebSocket with another protocol, or of another container, are refused", async () => {
    await expect(listen(server, `${pods}/p/log`, ["v4.channel.k8s.io"])).rejects.toThrow("403");
    await expect(listen(server, `${pods}/p/log?container=c`)).rejects.toThrow("400");
  });
});

describe("exec", () => {
  test("passes bytes both ways once the kubelet has switched", async () => {
    const upgraded = await upgrade(`${pods}/p/exec?command=echo&command=hi%20you&stdin=true&tty=1`);
    expect(upgraded.status).toBe(101);
    expect(upgraded.headers["x-stream-protocol-version"]).toBe("v4.channel.k8s.io");
    const { socket } = upgraded;
    if (socket === undefined) throw new Error("no connection");
    socket.write("hello");
    const echoed = await new Promise((resolve) => socket.once("data", resolve));
    expect(String(echoed)).toBe("HELLO");
    socket.end();
    await new Promise((resolve) => socket.once("close", resolve));
    const seen = kubelet.seen.at(-1);
    expect(seen?.url).toBe("/exec/default/p/mycontainer?input=1&tty=1&command=echo&command=hi+you");
    expect(seen?.headers.authorization).toBeUndefined();
    expect(seen?.headers["x-remote-user"]).toBeUndefined();
  });

  test("over a WebSocket needs the right to create, as over POST", async () => {
    const headers = {
      upgrade: "websocket",
      "sec-websocket-key": "eA==",
      "sec-websocket-version": "13",
    };
    allowed = (verb) => verb === "get";
    const refused = await upgrade(`${pods}/p/exec?command=ls`, { method: "GET", headers });
    allowed = () => true;
    expect(refused.status).toBe(403);
    expect(JSON.parse(refused.body).message).toBe(
      'pods "p" is forbidden: User "tester" cannot create resource "pods/exec" in API group "" in the namespace "default"',
    );
    const upgraded = await upgrade(`${pods}/p/exec?command=ls`, { method: "GET", headers });
    expect(upgraded.status).toBe(101);
    upgraded.socket?.destroy();
  });

  test("that is refused is over soon, though the client does not close", async () => {
    const { certificate, key } = server.client;
    const plain = connectPlain({ port: server.port, allowHalfOpen: true });
    const socket = connect({ socket: plain, ca: server.ca.certificate, cert: certificate, key });
    socket.on("error", () => {});
    socket.write(
      `POST ${pods}/p/exec?command=refused HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n`,
    );
    const text = await new Promise((resolve) => {
      let answer = "";
      socket.on("data", (chunk) => {
        answer += chunk;
      });
      socket.once("end", () => resolve(answer));
    });
    expect(text).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
    socket.write("and now?");
    await expect.poll(() => clock.pending).toBe(1);
    await clock.advance(10_000);
    await expect.poll(() => socket.destroyed || !socket.write("and now?")).toBe(true);
  });

  test("that the kubelet refuses ends with what it said", async () => {
    const refused = await upgrade(`${pods}/p/exec?command=refused`);
    expect(refused.status).toBe(403);
    expect(refused.body).toBe("no");
    expect(refused.headers.connection).toBe("close");
  });

  test("needs the right to create before anything else, also where nothing is upgraded", async () => {
    allowed = (verb) => verb === "get";
    const refused = await client.request(`${pods}/p/exec?command=ls`);
    allowed = () => true;
    expect(refused.status).toBe(403);
    const answer = await client.request(`${pods}/p/exec?command=ls`);
    expect(answer.status).toBe(400);
    expect(answer.json.message).toBe("Upgrade request required");
    expect((await client.request(`${pods}/gone/exec?command=ls`)).status).toBe(404);
  });

  test("gives a slow client all that was said before the kubelet went", async () => {
    const upgraded = await upgrade(`${pods}/p/exec?command=much`);
    let received = 0;
    for await (const chunk of upgraded.socket ?? []) {
      received += chunk.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(received).toBe(MUCH);
  });

  test("lets a client go that does not, long after the kubelet has", async () => {
    const { socket } = await upgrade(`${pods}/p/exec?command=brief`);
    if (socket === undefined) throw new Error("no connection");
    let isIdle = false;
    const idle = server.rest.idle().then(() => {
      isIdle = true;
    });
    // The end of what it said has been written, and the server waits for the client to close.
    await expect.poll(() => clock.pending).toBe(1);
    expect(isIdle).toBe(false);
    await clock.advance(10_000);
    await idle;
    expect(clock.pending).toBe(0);
    expect(String(socket.read())).toBe("said and gone");
    socket.destroy();
  });

  test("into a pod without a node is refused", async () => {
    const refused = await upgrade(`${pods}/unbound/exec?command=ls`);
    expect(refused.status).toBe(400);
    expect(JSON.parse(refused.body).message).toBe("pod unbound does not have a host assigned");
  });

  test("to a kubelet that is away says so", async () => {
    await client.request("/api/v1/nodes", {
      body: { apiVersion: "v1", kind: "Node", metadata: { name: "away" } },
    });
    await client.request("/api/v1/nodes/away/status", {
      method: "PATCH",
      headers: { "content-type": "application/merge-patch+json" },
      body: JSON.stringify({
        status: {
          addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
          daemonEndpoints: { kubeletEndpoint: { Port: 1 } },
        },
      }),
    });
    await client.request(pods, { body: pod("lost", { nodeName: "away" }) });
    const answer = await upgrade(`${pods}/lost/exec?command=ls`);
    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.body).message).toBe(
      "error dialing backend: dial tcp 127.0.0.1:1: connect: connection refused",
    );
  });
});

describe("port-forward", () => {
  test("is handed to the kubelet with its ports", async () => {
    const upgraded = await upgrade(`${pods}/p/portforward?ports=80&ports=81`);
    expect(upgraded.status).toBe(101);
    upgraded.socket?.destroy();
    expect(kubelet.seen.at(-1)?.url).toBe("/portForward/default/p?port=80%2C81");
    expect((await upgrade(`${pods}/p/portforward?ports=http`)).status).toBe(400);
  });
});

describe("proxies", () => {
  test("reach a node's kubelet", async () => {
    const answer = await client.request("/api/v1/nodes/n1/proxy/stats/summary?x=1");
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toBe("log line\n");
    expect(kubelet.seen.at(-1)?.url).toBe("/stats/summary?x=1");
  });

  test("never lead to the server's own machine", async () => {
    await client.request(`${pods}/p/status`, {
      method: "PATCH",
      headers: { "content-type": "application/merge-patch+json" },
      body: JSON.stringify({ status: { podIP: "127.0.0.1", podIPs: [{ ip: "127.0.0.1" }] } }),
    });
    const answer = await client.request(`${pods}/p:${kubelet.port}/proxy/`);
    expect(answer.status).toBe(400);
    expect(answer.json.message).toBe("address not allowed");
  });
});
