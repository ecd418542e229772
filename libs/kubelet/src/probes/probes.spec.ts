import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { FakeClock, silentLogger, systemClock } from "@kubets/service";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeContainer, makePod } from "../testing/pods.ts";
import { httpGetRequest, httpProbe } from "./http-get.ts";
import type { ProbeOutcome } from "./probe-outcome.ts";
import { ProbeWorker } from "./probe-worker.ts";
import { tcpProbe } from "./tcp-probe.ts";

describe("a probe that runs again and again", () => {
  const start = (kind: "startup" | "liveness" | "readiness", probe = {}) => {
    const clock = new FakeClock();
    const results: string[] = [];
    const troubles: string[] = [];
    const state = {
      outcome: { result: "success", output: "" } as ProbeOutcome,
      isStarted: true,
      tries: 0,
    };
    const container = makeContainer("app", {
      [`${kind}Probe`]: { periodSeconds: 10, failureThreshold: 3, successThreshold: 1, ...probe },
    });
    const worker = new ProbeWorker({
      kind,
      container,
      clock,
      logger: silentLogger,
      prober: async () => {
        state.tries += 1;
        return state.outcome;
      },
      isStarted: () => state.isStarted,
      onResult: (_, result) => results.push(result),
      onTrouble: (_, reason, message) => troubles.push(`${reason}: ${message}`),
    });
    const observe = (id: string, isRunning = true) =>
      worker.observe({
        pod: makePod({ containers: [container] }),
        podIp: "10.0.0.2",
        container: { id, isRunning, startedAtMs: clock.now(), wasStarted: false, wasReady: false },
      });
    return { clock, results, troubles, state, worker, observe };
  };
  const failure: ProbeOutcome = { result: "failure", output: "no" };

  it("begins at once and not before the initial delay", async () => {
    const { clock, state, observe } = start("readiness", { initialDelaySeconds: 5 });
    observe("a");
    await clock.advance(4000);
    expect(state.tries).toBe(0);
    await clock.advance(1000);
    expect(state.tries).toBe(1);
    await clock.advance(20_000);
    expect(state.tries).toBe(3);
  });

  it("needs as many failures in a row as its threshold says, and tells each", async () => {
    const { clock, results, troubles, state, observe } = start("readiness");
    observe("a");
    await clock.advance(0);
    expect(results).toEqual(["failure", "success"]);
    state.outcome = failure;
    await clock.advance(20_000);
    expect(results).toEqual(["failure", "success"]);
    await clock.advance(10_000);
    expect(results.at(-1)).toBe("failure");
    expect(troubles).toEqual([
      "Unhealthy: Readiness probe failed: no",
      "Unhealthy: Readiness probe failed: no",
      "Unhealthy: Readiness probe failed: no",
    ]);
  });

  it("holds still after a failed liveness probe until there is a new container", async () => {
    const { clock, results, state, observe } = start("liveness", { failureThreshold: 1 });
    state.outcome = failure;
    observe("a");
    await clock.advance(60_000);
    expect(results).toEqual(["success", "failure"]);
    expect(state.tries).toBe(1);
    observe("b");
    await clock.advance(0);
    expect(state.tries).toBe(2);
  });

  it("waits until the container has started, which the startup probe says", async () => {
    const { clock, state, worker, observe } = start("liveness");
    state.isStarted = false;
    observe("a");
    await clock.advance(30_000);
    expect(state.tries).toBe(0);
    state.isStarted = true;
    worker.wake();
    await clock.advance(0);
    expect(state.tries).toBe(1);
  });

  it("says nothing about the container when it cannot be tried", async () => {
    const { clock, results, troubles, state, observe } = start("readiness");
    state.outcome = { result: "error", message: "couldn't find port: x" };
    observe("a");
    await clock.advance(0);
    expect(results).toEqual(["failure"]);
    expect(troubles).toEqual([
      "Unhealthy: Readiness probe errored and resulted in unknown state: couldn't find port: x",
    ]);
    expect(state.tries).toBe(3);
  });

  it("leaves no timer behind when it is stopped", async () => {
    const { clock, worker, observe } = start("readiness");
    observe("a");
    await clock.advance(0);
    worker.stop();
    expect(clock.pending).toBe(0);
  });
});

describe("an HTTP probe", () => {
  let server: Server;
  let port: number;
  beforeAll(async () => {
    server = createServer((request, response) => {
      const path = request.url ?? "";
      if (path === "/silent") return;
      if (path === "/away")
        response.writeHead(302, { location: "http://example.invalid/" }).end("body");
      else if (path === "/switching")
        request.socket.write(
          "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n",
        );
      else if (path === "/here") response.writeHead(302, { location: "/echo" }).end();
      else if (path === "/echo")
        response.end(
          `${request.headers["user-agent"]} ${request.headers["x-a"]} ${request.headers.host}`,
        );
      else response.writeHead(503).end("busy");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const probe = (path: string, timeoutMs = 5000, more = {}) =>
    httpProbe(
      httpGetRequest({ path, port, ...more }, makeContainer("app"), "127.0.0.1", "kube-probe/1.36"),
      timeoutMs,
      systemClock,
    );

  it("sends its headers and follows redirects of the same host", async () => {
    expect(
      await probe("/here", 5000, {
        httpHeaders: [
          { name: "X-A", value: "1" },
          { name: "Host", value: "h" },
        ],
      }),
    ).toEqual({
      result: "success",
      output: "kube-probe/1.36 1 h",
    });
  });
  it("does not follow a redirect to elsewhere", async () => {
    expect(await probe("/away")).toEqual({
      result: "warning",
      output: "Probe terminated redirects, Response body: body",
    });
  });
  it("fails with upstream's words", async () => {
    expect(await probe("/x")).toEqual({
      result: "failure",
      output: "HTTP probe failed with statuscode: 503",
    });
    expect(await probe("/switching")).toEqual({
      result: "failure",
      output: "HTTP probe failed with statuscode: 101",
    });
    expect(await probe("/silent", 50)).toEqual({
      result: "failure",
      output: `Get "http://127.0.0.1:${port}/silent": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
    });
    expect(await probe("/x", 5000, { port: 1 })).toEqual({
      result: "failure",
      output: 'Get "http://127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused',
    });
  });
  it("finds a port by its name", () => {
    const container = makeContainer("app", { ports: [{ name: "web", containerPort: 8080 }] });
    expect(httpGetRequest({ port: "web" }, container, "10.0.0.2", "x").url.href).toBe(
      "http://10.0.0.2:8080/",
    );
    expect(() => httpGetRequest({ port: "none" }, container, "10.0.0.2", "x")).toThrow(
      "couldn't find port: none",
    );
  });
  it("has a sibling that only connects", async () => {
    expect(await tcpProbe({ host: "127.0.0.1", port }, 1000, systemClock)).toMatchObject({
      result: "success",
    });
    expect(await tcpProbe({ host: "127.0.0.1", port: 1 }, 1000, systemClock)).toEqual({
      result: "failure",
      output: "dial tcp 127.0.0.1:1: connect: connection refused",
    });
  });
});
