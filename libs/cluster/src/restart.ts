/** `kubets restart`: ends components and starts what their programs are now, one after the other. */
import { type Clock, sleep } from "@kubets/service";
import type { CommandContext } from "./command-context.ts";
import { SUPERVISOR } from "./components.ts";
import { callSupervisor, SupervisorError, type SupervisorStatus } from "./control.ts";
import { lastWords } from "./log-hint.ts";
import { type ClusterHandle, clusterStatus, findCluster } from "./status.ts";

export interface RestartOptions {
  readonly name: string;
  /** As `status` calls them; "apiserver" is every apiserver, "kubelet" every node's. None: all. */
  readonly components: readonly string[];
}

/** Longer than the longest orderly stop and the wait for health together. */
const RESTART_TIMEOUT_MS = 180_000;
const HAND_OVER_TIMEOUT_MS = 60_000;
const HAND_OVER_POLL_MS = 200;

/** The names of those that were restarted. The first that does not get well ends it: the rest keep what they run. */
export async function restartComponents(
  options: RestartOptions,
  { environment, progress, clock }: CommandContext,
): Promise<readonly string[]> {
  const handle = findCluster(options.name, environment);
  const status = await clusterStatus(handle);
  if (status === undefined) {
    throw new Error(`cluster "${options.name}" does not run; \`start\` starts all of it`);
  }
  const names = chooseComponents(
    status.components.map(({ name }) => name),
    options.components,
  );
  for (const name of names) {
    progress.begin(`Restarting ${name}`);
    try {
      const { controlSocket } = handle.paths;
      await callSupervisor(controlSocket, "POST", "/restart", RESTART_TIMEOUT_MS, name);
      if (name === SUPERVISOR) await waitForAnother(pidOfSupervisor(status), handle, clock);
    } catch (error) {
      progress.failed(`Restarting ${name}`);
      if (!(error instanceof SupervisorError)) throw error;
      throw new Error(`${error.message}${lastWords(handle.paths, name)}`, { cause: error });
    }
    progress.done(`Restarted ${name}`);
  }
  return names;
}

const pidOfSupervisor = ({ components }: SupervisorStatus) => {
  const found = components.find(({ name }) => name === SUPERVISOR)?.process;
  return found?.state === "running" ? found.pid : undefined;
};

/** Resolves when another supervisor has taken over. */
async function waitForAnother(
  before: number | undefined,
  handle: ClusterHandle,
  clock: Clock,
): Promise<void> {
  const deadlineMs = clock.monotonicMs() + HAND_OVER_TIMEOUT_MS;
  for (;;) {
    // It may end while it is asked.
    const now = await clusterStatus(handle).catch(() => undefined);
    if (now?.up === true && pidOfSupervisor(now) !== before) return;
    if (clock.monotonicMs() > deadlineMs) {
      throw new Error("no other supervisor has taken over; `start` brings the cluster back");
    }
    await sleep(clock, HAND_OVER_POLL_MS);
  }
}

/** Pure. In the order in which they started, so that a server is new before its clients are. */
export function chooseComponents(known: readonly string[], words: readonly string[]): string[] {
  const wanted = joined(known, words);
  const matches = (name: string, want: string) => name === want || name.startsWith(`${want} `);
  const strangers = wanted.filter((want) => !known.some((name) => matches(name, want)));
  if (strangers.length > 0) {
    throw new Error(`there is no component ${strangers.join(", ")}; there is: ${known.join(", ")}`);
  }
  if (wanted.length === 0) return [...known];
  return known.filter((name) => wanted.some((want) => matches(name, want)));
}

/** `kubelet NODE` and `kubelet/NODE` are one name, as `logs` takes them. */
function joined(known: readonly string[], words: readonly string[]): string[] {
  const names: string[] = [];
  for (const word of words.map((each) => each.replace("/", " "))) {
    const whole = `${names.at(-1) ?? ""} ${word}`;
    if (known.includes(whole)) names[names.length - 1] = whole;
    else names.push(word);
  }
  return names;
}
