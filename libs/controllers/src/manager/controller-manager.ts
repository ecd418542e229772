/**
 * Runs the controllers while this process leads: informers first, then the controllers, in the reverse order at the
 * end. A replica that does not lead holds nothing but its turn.
 *
 * Upstream: cmd/kube-controller-manager/app/controllermanager.go @1.36
 */
import {
  type Client,
  createWorkQueueMetrics,
  EventRecorder,
  type Fence,
  fencedClient,
  LeaderElector,
  WorkQueue,
} from "@kubets/client";
import {
  type Clock,
  type HealthChecks,
  type Logger,
  type Metrics,
  type Runnable,
  RunnableGroup,
} from "@kubets/service";
import type { ControllerContext, ControllerDefinition } from "../controller-context.ts";
import { ServiceAccountClients } from "./service-account-clients.ts";
import { SharedInformers } from "./shared-informers.ts";

export interface ControllerManagerOptions {
  readonly client: Client;
  /** A client without a certificate that sends what `token` returns with every call. */
  makeTokenClient(token: () => string): Client;
  readonly controllers: readonly ControllerDefinition[];
  /** --concurrent-…-syncs, by the controllers' names. */
  readonly workers?: Readonly<Record<string, number>>;
  /** --leader-elect; undefined: this is the only replica. */
  readonly leaderElection?: {
    readonly leaseNamespace: string;
    readonly leaseName: string;
    readonly leaseDurationMs: number;
    readonly renewDeadlineMs: number;
    readonly retryPeriodMs: number;
  };
  /** Unique among replicas: host name and a random part. */
  readonly identity: string;
  readonly host: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly health: HealthChecks;
  readonly random: () => number;
  /** Called when the lease was lost or a controller could not go on: the process must end. */
  onFailure(error: Error): void;
}

const STOP_TIMEOUT_MS = 10_000;
/** Upstream's leader election watchdog tolerance. */
const OVERDUE_MS = 20_000;

export function createControllerManager(options: ControllerManagerOptions): Runnable {
  const stopping = new AbortController();
  const { leaderElection } = options;
  const elector =
    leaderElection === undefined ? undefined : new LeaderElector({ ...options, ...leaderElection });
  options.health.add({
    name: "leaderElection",
    on: ["healthz", "livez"],
    check: () => {
      if (elector?.isOverdue(OVERDUE_MS) === true)
        throw new Error("failed election to renew leadership on lease");
    },
  });
  let running: Promise<void> | undefined;
  return {
    name: "controllers",
    start() {
      running = lead(options, elector, stopping.signal).catch((error: unknown) => {
        if (!stopping.signal.aborted) options.onFailure(asError(error));
      });
      return Promise.resolve();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

async function lead(
  options: ControllerManagerOptions,
  elector: LeaderElector | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (elector === undefined) return runControllers(options, undefined, signal);
  const end = await elector.run((fence, work) => runControllers(options, fence, work), signal);
  if (end === "lost") throw new Error("the leader lease was lost");
}

/** Resolves when the signal has ended everything. */
async function runControllers(
  options: ControllerManagerOptions,
  fence: Fence | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { client, clock, logger, metrics, random } = options;
  const fenced = (inner: Client) =>
    fence === undefined ? inner : fencedClient(inner, () => fence);
  const accounts = new ServiceAccountClients({
    client: fenced(client),
    makeClient: (token) => fenced(options.makeTokenClient(token)),
    clock,
    logger,
  });
  const informers = new SharedInformers({ client, clock, logger, random });
  const recorders: EventRecorder[] = [];
  const context: ControllerContext = {
    informer: (type) => informers.of(type),
    reader: client,
    client: (account) => accounts.of(account),
    recorder(component, writer) {
      const recorder = new EventRecorder({
        client: writer,
        clock,
        logger,
        metrics,
        random,
        component,
        host: options.host,
        api: "core/v1",
      });
      recorders.push(recorder);
      return recorder;
    },
    queue: (name) =>
      new WorkQueue<string>({ clock, metrics: createWorkQueueMetrics(metrics, name) }),
    workers: (controller, standard) => options.workers?.[controller] ?? standard,
    clock,
    logger,
    random,
  };
  const controllers = options.controllers.flatMap((definition) => definition.build(context));
  const group = new RunnableGroup([accounts, ...recorders, ...informers.all(), ...controllers], {
    logger,
    clock,
    stopTimeoutMs: STOP_TIMEOUT_MS,
  });
  await group.start(signal);
  logger.info("controllers have started", {
    controllers: options.controllers.map(({ name }) => name),
  });
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await group.stop();
}
