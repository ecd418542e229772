import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { FakeClock } from "@kubets/service";
import { afterEach, describe, expect, it } from "vitest";
import { LIVENESS_WORST_MS, type ProbeResult, watchLiveness } from "./liveness.ts";
import { greetingProbe, HTTP2_GREETING, httpProbe } from "./probes.ts";

describe("the liveness of a component", () => {
  /** A probe that gives these results in turn, each silence taking its whole time. */
  function watch(results: ProbeResult[]) {
    const clock = new FakeClock();
    const silent: string[] = [];
    let asked = 0;
    const end = watchLiveness({
      clock,
      onSilent: (why) => silent.push(why),
      probe: (timeoutMs) => {
        asked++;
        const result = results.shift() ?? "answered";
        if (result !== "silent") return Promise.resolve(result);
        return new Promise((resolve) => {
          clock.setTimer(timeoutMs, () => resolve("silent"));
        });
      },
    });
    return { clock, silent, end, asked: () => asked };
  }
  it("ends when it is silent twice in a row, within a bounded time", async () => {
    const { clock, silent, end } = watch(["answered", "silent", "silent"]);
    await clock.advance(4_000 + LIVENESS_WORST_MS);
    expect(silent).toEqual(["it did not answer for 10 s"]);
    end();
    expect(clock.pending).toBe(0);
  });
  it("survives one silence, and any number of refusals", async () => {
    const { clock, silent, end, asked } = watch(["silent", "answered", "silent", "refused"]);
    await clock.advance(60_000);
    expect(silent).toEqual([]);
    expect(asked()).toBeGreaterThan(8);
    end();
  });
  it("counts anew for the successor of one that was killed", async () => {
    const { clock, silent, end } = watch(["silent", "silent", "silent", "answered"]);
    await clock.advance(60_000);
    expect(silent).toHaveLength(1);
    end();
  });
});

describe("a probe", () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });
  async function listen(server: Server): Promise<number> {
    servers.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  }

  it("takes any answer to a request, also a refusal, over one connection", async () => {
    let connections = 0;
    const server = createHttpServer((_, response) => {
      response.statusCode = 404;
      response.end();
    });
    server.on("connection", () => connections++);
    const probe = httpProbe(`http://127.0.0.1:${await listen(server)}`, new FakeClock());
    expect([await probe(1_000), await probe(1_000)]).toEqual(["answered", "answered"]);
    expect(connections).toBe(1);
    server.closeAllConnections();
  });
  it("tells one that takes the connection and says nothing from one that is not there", async () => {
    const clock = new FakeClock();
    const port = await listen(createServer((socket) => socket.resume()));
    for (const probe of [
      httpProbe(`http://127.0.0.1:${port}`, clock),
      greetingProbe(() => ({ host: "127.0.0.1", port }), HTTP2_GREETING, clock),
    ]) {
      const result = probe(5_000);
      await clock.advance(5_000);
      expect(await result).toBe("silent");
    }
    servers.splice(0).map((server) => server.close());
    const gone = greetingProbe(() => ({ host: "127.0.0.1", port: 1 }), HTTP2_GREETING, clock);
    expect(await gone(1_000)).toBe("refused");
    expect(await greetingProbe(() => undefined, HTTP2_GREETING, clock)(1_000)).toBe("refused");
  });
});
