import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import {
  DelegatedAccess,
  EventRecorder,
  type Fence,
  fencedClient,
  LeaderElector,
} from "@kubets/client";
import {
  ConfigurationError,
  DEFAULT_CONFIGURATION,
  parseConfiguration,
  Scheduler,
  type SchedulerConfiguration,
  schedulerRunnable,
} from "@kubets/scheduler";
import { FlagError, runService, ServiceServer, servingCertificate } from "@kubets/service";
import { connect } from "./connect.ts";
import { flags } from "./flags.ts";
import { leaseOf } from "./lease.ts";

await runService({
  name: "scheduler",
  description: "Assigns the pods of a kubets cluster to its nodes.",
  flags,
  examples: [
    "scheduler --server=10.200.0.1:6446 --certificate-authority=ca.crt --client-certificate=scheduler.crt --client-key=scheduler.key",
    "scheduler --kubeconfig=scheduler.conf --leader-elect=false",
  ],
  async build(config, { logger, metrics, health, clock, fail }) {
    const settings = await readConfiguration(config.config);
    const client = await connect(config, settings, clock);
    const host = hostname();
    const recorders = settings.profiles.map(
      ({ schedulerName }) =>
        new EventRecorder({
          client,
          clock,
          logger,
          metrics,
          component: schedulerName,
          host,
          api: "events.k8s.io/v1",
        }),
    );
    const recorderOf = new Map(
      settings.profiles.map(({ schedulerName }, i) => [schedulerName, recorders[i]]),
    );
    let fence: Fence | undefined;
    const scheduler = new Scheduler({
      ...settings,
      client: fencedClient(client, () => fence),
      clock,
      logger,
      metrics,
      events: (profile) => {
        const recorder = recorderOf.get(profile);
        if (recorder === undefined) throw new RangeError(`there is no profile "${profile}"`);
        return recorder;
      },
    });
    const isElected = config["leader-elect"] && (settings.leaderElect ?? true);
    const elector = new LeaderElector({
      client,
      clock,
      logger,
      metrics,
      identity: `${host}_${randomUUID()}`,
      ...leaseOf(config, settings),
    });
    const runnable = schedulerRunnable({
      scheduler,
      ...(isElected ? { elector } : {}),
      onFence: (next) => {
        fence = next;
      },
      health,
      onFailure: fail,
    });
    const connection = { name: "api client", start: async () => {}, stop: () => client.close() };
    if (config["secure-port"] === 0) return [connection, ...recorders, runnable];
    const server = new ServiceServer({
      address: config["bind-address"],
      port: config["secure-port"],
      tls: await servingCertificate({
        certificateFile: config["tls-cert-file"],
        keyFile: config["tls-private-key-file"],
        clientCaFile: config["client-ca-file"],
        names: [host, config["bind-address"]],
        clock,
      }),
      access: new DelegatedAccess({ client, clock }).check(),
      health,
      metrics,
      logger,
    });
    return [connection, server, ...recorders, runnable];
  },
});

async function readConfiguration(path: string): Promise<SchedulerConfiguration> {
  if (path === "") return DEFAULT_CONFIGURATION;
  try {
    return parseConfiguration(await readFile(path, "utf8"));
  } catch (cause) {
    const what = cause instanceof ConfigurationError ? "is wrong" : "cannot be read";
    throw new FlagError(`--config ${path} ${what}`, { cause });
  }
}
