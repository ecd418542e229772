/**
 * A replica of the cluster's DNS in a container: the DNS itself, and the EndpointSlice of all replicas, which are the
 * addresses that the containers' network gives their common name.
 */

import { resolve4 } from "node:dns/promises";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createLogger, sleep, systemClock } from "@kubets/service";
import { applyObject } from "./apiserver-ready.ts";
import { DNS_PORT } from "./components.ts";
import { dnsSlice } from "./deployment-objects.ts";
import { bundleOf } from "./supervise.ts";
import { SupervisedProcess } from "./supervised-process.ts";

export interface RunDnsOptions {
  /** Where ca.crt, dns.crt and dns.key are. */
  readonly pki: string;
  /** gRPC addresses of the apiservers, and the REST URL of all. */
  readonly servers: readonly string[];
  readonly restServer: string;
  /** The name that stands for all replicas. */
  readonly serviceName: string;
}

const LOOK_MS = 2_000;

/** Resolves when a signal has ended it. */
export async function runDns(options: RunDnsOptions): Promise<void> {
  const { pki, servers, restServer, serviceName } = options;
  const clock = systemClock;
  const logger = createLogger({
    name: "dns-endpoints",
    verbosity: 0,
    destination: { write: (line) => process.stderr.write(line) },
  });
  const abort = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => abort.abort());
  const child = new SupervisedProcess(
    {
      name: "dns",
      program: process.execPath,
      args: [
        bundleOf("dns"),
        ...servers.map((server) => `--server=${server}`),
        `--certificate-authority=${join(pki, "ca.crt")}`,
        `--client-certificate=${join(pki, "dns.crt")}`,
        `--client-key=${join(pki, "dns.key")}`,
        `--port=${DNS_PORT}`,
      ],
      stopTimeoutMs: 10_000,
    },
    clock,
    logger,
    () => {},
  );
  child.start();
  const read = (file: string) => readFileSync(join(pki, file), "utf8");
  const credentials = { ca: read("ca.crt"), cert: read("dns.crt"), key: read("dns.key") };
  let applied = "";
  while (!abort.signal.aborted) {
    try {
      const addresses = (await resolve4(serviceName)).sort();
      if (addresses.join() !== applied) {
        const { path, object } = dnsSlice(addresses);
        await applyObject(restServer, credentials, path, object);
        applied = addresses.join();
        logger.info("replicas of the DNS", { addresses });
      }
    } catch (error) {
      logger.warn("cannot publish the DNS; tried again", { error });
    }
    await sleep(clock, LOOK_MS, abort.signal).catch(() => {
      // The signal ended the wait.
    });
  }
  await child.stop();
}
