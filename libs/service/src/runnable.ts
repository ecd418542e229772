/**
 * Something with a lifetime. A process is a list of these: they start in the order of the list and stop
 * in the reverse order.
 */
export interface Runnable {
  readonly name: string;
  /** Resolves when it is up; what it does afterwards goes on until `stop`. */
  start(signal: AbortSignal): Promise<void>;
  /** Resolves when nothing of it runs any more. Called once, also after a failed start. */
  stop(): Promise<void>;
}
