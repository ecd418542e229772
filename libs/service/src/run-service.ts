/**
 * The life of one process: read the flags, build the parts, start them in order, run until a signal or a failure,
 * stop them in reverse order, leave with an exit code. The only place that touches the process itself.
 */
import { type Clock, systemClock } from "./clock.ts";
import { createLogger } from "./create-logger.ts";
import { errorLine } from "./error-chain.ts";
import {
  FlagError,
  type FlagProgram,
  type FlagTable,
  type FlagValues,
  parseFlags,
} from "./flags.ts";
import { HealthChecks } from "./health-checks.ts";
import type { Logger } from "./logger.ts";
import { Metrics } from "./metrics.ts";
import { registerProcessMetrics } from "./process-metrics.ts";
import type { Runnable } from "./runnable.ts";
import { RunnableGroup } from "./runnable-group.ts";

export interface ServiceContext {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly health: HealthChecks;
  readonly clock: Clock;
  /** Aborted when the process begins to stop. */
  readonly signal: AbortSignal;
  /** Ends the process in order and with code 1: for what it cannot go on without (a lost leader lease). */
  fail(error: Error): void;
}

export interface ServiceDefinition<T extends FlagTable> extends FlagProgram<T> {
  /** Makes the parts without starting them. Throws FlagError for settings that do not go together. */
  build(
    config: FlagValues<T>,
    context: ServiceContext,
  ): Promise<readonly Runnable[]> | readonly Runnable[];
  /** Bound for all stops together. Default 60 s. */
  readonly stopTimeoutMs?: number;
}

/** What runService needs of its surroundings; a test gives its own. */
export interface HostProcess {
  readonly args: readonly string[];
  print(text: string): void;
  printError(text: string): void;
  /** SIGTERM and SIGINT. Returns the function that stops listening. */
  onSignal(listener: (name: string) => void): () => void;
  /** Rejections and exceptions that nobody caught. */
  onUncaught(listener: (error: unknown) => void): () => void;
  exit(code: number): void;
}

export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;

/** Resolves when the service has ended; the process exits then. */
export async function runService<T extends FlagTable>(
  definition: ServiceDefinition<T>,
  host: HostProcess = nodeProcess,
  clock: Clock = systemClock,
): Promise<void> {
  host.exit(await runUntilEnd(definition, host, clock));
}

async function runUntilEnd<T extends FlagTable>(
  definition: ServiceDefinition<T>,
  host: HostProcess,
  clock: Clock,
): Promise<number> {
  try {
    const parsed = parseFlags(definition, host.args);
    if (parsed.action === "print") {
      host.print(parsed.text);
      return EXIT_OK;
    }
    const logger = createLogger({
      name: definition.name,
      verbosity: parsed.verbosity,
      destination: { write: (line) => host.printError(line) },
    });
    return await runParts({ definition, host, clock, logger, values: parsed.values });
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    host.printError(`Error: ${errorLine(error)}\nSee '${definition.name} --help'.\n`);
    return EXIT_USAGE;
  }
}

interface Run<T extends FlagTable> {
  readonly definition: ServiceDefinition<T>;
  readonly host: HostProcess;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly values: FlagValues<T>;
}

/** Why the process ends. */
type Ending = { readonly why: "signal"; readonly name: string } | { readonly why: "failure" };

async function runParts<T extends FlagTable>(run: Run<T>): Promise<number> {
  const { definition, host, clock, logger } = run;
  const stopping = new AbortController();
  let end: (ending: Ending) => void = () => undefined;
  const ended = new Promise<Ending>((resolve) => {
    end = resolve;
  });
  const fail = (message: string, error: unknown) => {
    logger.error(message, { error });
    end({ why: "failure" });
    stopping.abort();
  };
  const metrics = new Metrics();
  registerProcessMetrics(metrics, clock);
  const health = new HealthChecks({ clock });
  const ignoreSignals = host.onSignal((name) => {
    if (stopping.signal.aborted) {
      // The second signal means: now.
      host.exit(EXIT_FAILED);
      return;
    }
    end({ why: "signal", name });
    stopping.abort();
  });
  const ignoreUncaught = host.onUncaught((error) => fail("Uncaught error, stopping", error));
  const context: ServiceContext = {
    logger,
    metrics,
    health,
    clock,
    signal: stopping.signal,
    fail: (error) => fail("Cannot go on, stopping", error),
  };
  let group: RunnableGroup | undefined;
  try {
    group = new RunnableGroup(await definition.build(run.values, context), {
      logger,
      clock,
      ...(definition.stopTimeoutMs === undefined
        ? {}
        : { stopTimeoutMs: definition.stopTimeoutMs }),
    });
    await group.start(stopping.signal);
    logger.info("Service is up");
  } catch (error) {
    if (error instanceof FlagError) throw error;
    // A start that a signal cut short is an orderly end; whoever called `fail` has been logged.
    if (!stopping.signal.aborted) {
      host.printError(`Error: ${errorLine(error)}\n`);
      fail("Start failed, stopping", error);
    }
  }
  const ending = await ended;
  if (ending.why === "signal") logger.info("Stopping", { signal: ending.name });
  const clean = group === undefined || (await group.stop());
  ignoreSignals();
  ignoreUncaught();
  logger.info("Service has ended", { clean });
  return ending.why === "signal" && clean ? EXIT_OK : EXIT_FAILED;
}

const nodeProcess: HostProcess = {
  args: process.argv.slice(2),
  print: (text) => process.stdout.write(text),
  printError: (text) => process.stderr.write(text),
  onSignal: (listener) => {
    process.on("SIGTERM", listener);
    process.on("SIGINT", listener);
    return () => {
      process.off("SIGTERM", listener);
      process.off("SIGINT", listener);
    };
  },
  onUncaught: (listener) => {
    // Who reads our output may go away; that must not end the process.
    process.stdout.on("error", () => undefined);
    process.stderr.on("error", () => undefined);
    process.on("uncaughtException", listener);
    process.on("unhandledRejection", listener);
    return () => {
      process.off("uncaughtException", listener);
      process.off("unhandledRejection", listener);
    };
  },
  exit: (code) => process.exit(code),
};
