import { once } from "node:events";
import { request } from "node:https";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "./clock.ts";
import { HealthChecks } from "./health-checks.ts";
import { silentLogger } from "./logger.ts";
import { Metrics } from "./metrics.ts";
import { createCertificateAuthority, issueCertificate } from "./pki/certificate-authority.ts";
import { registerProcessMetrics } from "./process-metrics.ts";
import { ServiceServer } from "./service-server.ts";

let server: ServiceServer;
let authority = "";

beforeAll(async () => {
  const clock = systemClock;
  const ca = await createCertificateAuthority({ commonName: "ca", clock });
  const issued = await issueCertificate({
    ca,
    commonName: "thing",
    sans: ["127.0.0.1"],
    usages: ["server"],
    clock,
  });
  authority = ca.certificate;
  const metrics = new Metrics();
  registerProcessMetrics(metrics, clock);
  metrics
    .counter({ name: "things_total", help: "Things.", labels: ["verb"] })
    .inc({ verb: "get" }, 2);
  server = new ServiceServer({
    address: "127.0.0.1",
    port: 0,
    tls: { ...issued, clientCa: ca.certificate },
    logger: silentLogger,
    health: new HealthChecks({ clock }),
    metrics,
    configz: () => ({ thing: { port: 0 } }),
    access: (incoming) =>
      incoming.headers.authorization === "Bearer good"
        ? undefined
        : { status: 401, message: "Unauthorized" },
    handler: (_, response, url) => {
      if (url.pathname === "/broken") throw new Error("secret detail");
      if (url.pathname !== "/pods") return false;
      response.end("[]");
      return true;
    },
  });
  await server.start();
});

afterAll(() => server.stop());

function get(path: string, token = "good"): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    request(
      {
        host: "127.0.0.1",
        port: server.port,
        path,
        ca: authority,
        headers: token === "" ? {} : { authorization: `Bearer ${token}` },
      },
      (response) => {
        response.setEncoding("utf8");
        let body = "";
        response.on("data", (text: string) => {
          body += text;
        });
        response.on("end", () => resolve({ status: response.statusCode, body }));
      },
    )
      .on("error", reject)
      .end();
  });
}

test("health is open to everybody", async () => {
  expect(await get("/healthz", "")).toEqual({ status: 200, body: "ok" });
});

test.each(["/metrics", "/configz", "/pods", "/nothing"])("%s needs access", async (path) => {
  expect(await get(path, "bad")).toEqual({ status: 401, body: "Unauthorized\n" });
});

test("metrics, configuration and the owner's paths are served", async () => {
  const { body } = await get("/metrics");
  expect(body).toContain('things_total{verb="get"} 2');
  expect(body).toContain("process_start_time_seconds ");
  expect(body).toMatch(/kubernetes_build_info\{.*git_version="v1\.36/);
  expect(await get("/configz")).toEqual({ status: 200, body: '{"thing":{"port":0}}' });
  expect(await get("/pods")).toEqual({ status: 200, body: "[]" });
  expect(await get("/nothing")).toEqual({ status: 404, body: "404 page not found\n" });
});

test("a handler that fails answers 500 without its text, and the server lives on", async () => {
  expect(await get("/broken")).toEqual({ status: 500, body: "Internal Server Error\n" });
  expect((await get("/healthz")).status).toBe(200);
});

test("a failed listen fails the start", async () => {
  const second = new ServiceServer({
    address: "127.0.0.1",
    port: server.port,
    logger: silentLogger,
    health: new HealthChecks({ clock: systemClock }),
    metrics: new Metrics(),
    access: "open",
  });
  await expect(second.start()).rejects.toMatchObject({ code: "EADDRINUSE" });
  await second.stop();
});

test("a client that asks for another protocol and breaks off harms nobody", async () => {
  const options = {
    address: "127.0.0.1",
    port: 0,
    logger: silentLogger,
    health: new HealthChecks({ clock: systemClock }),
    metrics: new Metrics(),
    access: "open",
  } as const;
  const upgraded: Duplex[] = [];
  const plain = new ServiceServer(options);
  const upgrading = new ServiceServer({
    ...options,
    upgrade: (_, socket) => {
      upgraded.push(socket);
      socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
    },
  });
  for (const each of [plain, upgrading]) {
    await each.start();
    const ask = async () => {
      const socket = connect({ port: each.port, host: "127.0.0.1", allowHalfOpen: true });
      socket.write(
        "GET /healthz HTTP/1.1\r\nHost: thing\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n",
      );
      const [answer] = await once(socket, "data");
      return { socket, status: String(answer).split(" ")[1] };
    };
    const { socket, status } = await ask();
    expect(status).toBe(each === plain ? "200" : "101");
    socket.resetAndDestroy();
    if (each === upgrading) await expect.poll(() => upgraded[0]?.destroyed).toBe(true);
    // One that stays does not keep the server from stopping.
    const { socket: other } = await ask();
    await each.stop();
    other.destroy();
  }
});
