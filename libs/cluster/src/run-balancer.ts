/** What `kubets balance` runs: the balancer in front of a cluster's apiservers, until a signal. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Agent, request } from "node:https";
import { createLogger, systemClock } from "@kubets/service";
import { Balancer, type Endpoint, type Readiness } from "./balancer.ts";

export interface RunBalancerOptions {
  readonly listen: Endpoint;
  readonly backends: readonly Endpoint[];
  /** Where it says whether some apiserver is ready, over plain HTTP. */
  readonly health: Endpoint;
  readonly certificateAuthority: string;
}

const CHECK_TIMEOUT_MS = 2_000;

export async function runBalancer(options: RunBalancerOptions): Promise<void> {
  const logger = createLogger({
    name: "balancer",
    verbosity: 0,
    destination: { write: (line) => process.stderr.write(line) },
  });
  const ca = readFileSync(options.certificateAuthority);
  // One connection for each, kept: a handshake every second would cost more than all it balances.
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca });
  const { listen, backends } = options;
  const check = (backend: Endpoint) => readinessOf(backend, agent);
  const balancer = new Balancer({ listen, backends, check, clock: systemClock, logger });
  const ended = new Promise<void>((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  });
  await balancer.start();
  const health = createServer((_, response) => {
    response.statusCode = balancer.isReady ? 200 : 503;
    response.end(balancer.isReady ? "ok" : "no apiserver is ready");
  });
  health.listen(options.health.port, options.health.host);
  logger.info("Balancing", { ...listen, backends: backends.length });
  await ended;
  health.close();
  health.closeAllConnections();
  await balancer.stop();
  agent.destroy();
}

function readinessOf({ host, port }: Endpoint, agent: Agent): Promise<Readiness> {
  return new Promise((resolve) => {
    const call = request({ host, port, path: "/readyz", agent, timeout: CHECK_TIMEOUT_MS });
    call.on("response", (response) => {
      response.resume();
      response.on("error", () => resolve("gone"));
      response.on("end", () => resolve(response.statusCode === 200 ? "ready" : "unready"));
    });
    call.on("timeout", () => call.destroy());
    call.on("error", () => resolve("gone"));
    call.on("close", () => resolve("gone"));
    call.end();
  });
}
