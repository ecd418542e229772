import type { Clock } from "@kubets/service";
import type { Environment } from "./machine.ts";
import type { Progress } from "./progress.ts";

/** What every command gets of its surroundings. */
export interface CommandContext {
  readonly environment: Environment;
  readonly clock: Clock;
  readonly progress: Progress;
  /** Aborted when the user wants a command to end that can end cleanly. */
  readonly interrupt?: AbortSignal;
  /** The command line that runs this program again, for the supervisor. */
  readonly self: readonly [program: string, ...args: string[]];
}

/** Cluster, user and context in a kubeconfig. */
export const contextName = (cluster: string) => `kubets-${cluster}`;
