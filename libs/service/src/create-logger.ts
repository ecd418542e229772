/**
 * Logs as JSON lines on stderr. A line is written before the call returns, so that the last words of a process that
 * dies are not lost; log calls do not stand on hot paths.
 */
import { pino } from "pino";
import { errorRecord } from "./error-chain.ts";
import type { Logger } from "./logger.ts";

export interface LoggerOptions {
  /** The process's name, in every line. */
  readonly name: string;
  /** Upstream's -v: 4 and more shows debug lines. Default 0. */
  readonly verbosity?: number;
  /** Where lines go. Default: stderr. */
  readonly destination?: { write(line: string): void };
}

/** klog's convention: developers' detail begins at 4. */
const DEBUG_VERBOSITY = 4;

export function createLogger(options: LoggerOptions): Logger {
  const destination = options.destination ?? stderrDestination();
  const logger = pino(
    {
      level: (options.verbosity ?? 0) >= DEBUG_VERBOSITY ? "debug" : "info",
      base: { service: options.name },
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: "message",
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: (error: unknown) => errorRecord(error) },
    },
    destination,
  );
  return new PinoLogger(logger);
}

function stderrDestination() {
  const destination = pino.destination({ fd: 2, sync: true });
  // Who started us may stop reading; a log line that nobody can receive must not end the process.
  destination.on("error", () => undefined);
  return destination;
}

class PinoLogger implements Logger {
  readonly #pino: pino.Logger;
  constructor(logger: pino.Logger) {
    this.#pino = logger;
  }
  debug(message: string, fields: Record<string, unknown> = {}): void {
    this.#pino.debug(fields, message);
  }
  info(message: string, fields: Record<string, unknown> = {}): void {
    this.#pino.info(fields, message);
  }
  warn(message: string, fields: Record<string, unknown> = {}): void {
    this.#pino.warn(fields, message);
  }
  error(message: string, fields: Record<string, unknown> = {}): void {
    this.#pino.error(fields, message);
  }
  child(fields: Record<string, unknown>): Logger {
    return new PinoLogger(this.#pino.child(fields));
  }
}
