/** `kubets restart`: ends components and starts what their programs are now, one after the other. */
import type { CommandContext } from "./command-context.ts";
import { callSupervisor } from "./control.ts";
import { clusterStatus, findCluster } from "./status.ts";

export interface RestartOptions {
  readonly name: string;
  /** As `status` calls them; "apiserver" is every apiserver, "kubelet" every node's. None: all. */
  readonly components: readonly string[];
}

/** Longer than the longest orderly stop and the wait for health together. */
const RESTART_TIMEOUT_MS = 180_000;

/** The names of those that were restarted. The first that does not get well ends it: the rest keep what they run. */
export async function restartComponents(
  options: RestartOptions,
  { environment, progress }: CommandContext,
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
      await callSupervisor(
        handle.paths.controlSocket,
        "POST",
        "/restart",
        RESTART_TIMEOUT_MS,
        name,
      );
    } catch (error) {
      progress.failed(`Restarting ${name}`);
      throw error;
    }
    progress.done(`Restarted ${name}`);
  }
  return names;
}

/** Pure. In the order in which they started, so that a server is new before its clients are. */
export function chooseComponents(known: readonly string[], words: readonly string[]): string[] {
  const wanted = joined(known, words);
  // Whoever restarts the others cannot restart itself.
  const all = known.filter((name) => name !== "supervisor");
  if (wanted.includes("supervisor")) {
    throw new Error(
      "the supervisor restarts the others; `stop` and `start` give it its new program",
    );
  }
  const matches = (name: string, want: string) => name === want || name.startsWith(`${want} `);
  const strangers = wanted.filter((want) => !all.some((name) => matches(name, want)));
  if (strangers.length > 0) {
    throw new Error(`there is no component ${strangers.join(", ")}; there is: ${all.join(", ")}`);
  }
  if (wanted.length === 0) return all;
  return all.filter((name) => wanted.some((want) => matches(name, want)));
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
