/** How each component is asked whether it still answers, as cheaply as it can be asked. */
import { Agent as HttpAgent, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { connect, type NetConnectOpts } from "node:net";
import type { Clock } from "@kubets/service";
import type { Probe, ProbeResult } from "./liveness.ts";

/**
 * Any answer to a request is one. The path touches nothing that another component could hold up: a silent database must
 * not look like a silent apiserver.
 */
export function httpProbe(server: string, clock: Clock): Probe {
  const isPlain = server.startsWith("http:");
  // One connection each, kept. Whose certificate it is does not matter here.
  const agent = isPlain
    ? new HttpAgent({ keepAlive: true, maxSockets: 1 })
    : new HttpsAgent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
  const start = isPlain ? requestHttp : requestHttps;
  return (timeoutMs) =>
    new Promise((resolve) => {
      const call = start(`${server}/livez/ping`, { agent });
      const end = (result: ProbeResult) => {
        cancel();
        resolve(result);
      };
      const cancel = clock.setTimer(timeoutMs, () => {
        resolve("silent");
        call.destroy();
      });
      call.on("response", (response) => {
        response.resume();
        end("answered");
      });
      call.on("error", () => end("refused"));
      call.end();
    });
}

/** A connection on which the component says anything at all, once it has been greeted. */
export function greetingProbe(
  target: () => NetConnectOpts | undefined,
  greeting: Uint8Array,
  clock: Clock,
): Probe {
  return (timeoutMs) =>
    new Promise((resolve) => {
      const options = target();
      if (options === undefined) {
        resolve("refused");
        return;
      }
      const socket = connect(options);
      const end = (result: ProbeResult) => {
        cancel();
        socket.destroy();
        resolve(result);
      };
      const cancel = clock.setTimer(timeoutMs, () => end("silent"));
      socket.once("connect", () => {
        if (greeting.length > 0) socket.write(greeting);
      });
      socket.once("data", () => end("answered"));
      socket.on("error", () => end("refused"));
      socket.once("close", () => end("refused"));
    });
}

/** NATS speaks first, and so does the guard. */
export const NO_GREETING = new Uint8Array(0);
/** Postgres' SSLRequest, answered by one byte before any log-in. */
export const POSTGRES_GREETING = new Uint8Array([0, 0, 0, 8, 4, 210, 22, 47]);
/** A request of HTTP/1.0, answered before the connection is closed. */
export const CONTROL_GREETING = Buffer.from("GET /status HTTP/1.0\r\n\r\n");
/** HTTP/2's preface and empty settings, answered by the server's settings. */
export const HTTP2_GREETING = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  new Uint8Array([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);
