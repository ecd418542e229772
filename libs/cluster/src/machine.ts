/** What this machine has, looked at once: which runtime is possible and what is missing for the better one. */
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type HostFacts, readHostFacts } from "@kubets/cri";
import type { RuntimeKind } from "./cluster-spec.ts";

export interface Machine {
  readonly facts: HostFacts;
  readonly natsServer: string | undefined;
  readonly kubectl: string | undefined;
  /** What real containers need and this machine lacks; empty when it has everything. */
  readonly missingForContainers: readonly string[];
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** How the user calls this program, for the hints in its messages. */
export function ownCommand(environment: Environment): string {
  return environment.npm_lifecycle_event === undefined ? "kubets" : "npm run kubets --";
}

const EXTRA_FOLDERS = [
  "/usr/local/sbin",
  "/usr/sbin",
  "/sbin",
  "/usr/local/bin",
  "/usr/bin",
  "/bin",
];
/** What the network of a node is made with, beside what the runtime itself needs. */
const NETWORK_PROGRAMS = ["nft", "ip", "iptables", "sysctl", "nsenter", "unshare"];

export function findProgram(name: string, environment: Environment): string | undefined {
  for (const folder of [...(environment.PATH ?? "").split(delimiter), ...EXTRA_FOLDERS]) {
    const file = join(folder, name);
    if (folder === "" || !existsSync(file)) continue;
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not for us; another folder may have one that is.
    }
  }
  return undefined;
}

export async function inspectMachine(environment: Environment): Promise<Machine> {
  const facts = await readHostFacts();
  return {
    facts,
    natsServer: findProgram("nats-server", environment),
    kubectl: findProgram("kubectl", environment),
    missingForContainers: [
      ...facts.missing,
      ...NETWORK_PROGRAMS.filter((name) => findProgram(name, environment) === undefined),
    ],
  };
}

/** The runtime to use; throws a text for the user when the one asked for is not possible. */
export function chooseRuntime(
  missing: readonly string[],
  wanted: RuntimeKind | undefined,
): { readonly runtime: RuntimeKind; readonly note: string } {
  if (wanted === "simulated") return { runtime: "simulated", note: "" };
  if (missing.length === 0) return { runtime: "containerd", note: "" };
  if (wanted === "containerd") {
    throw new Error(
      `--runtime containerd needs what is missing here: ${missing.join(", ")}; \`doctor\` says what to do, and --runtime simulated needs none of it`,
    );
  }
  return {
    runtime: "simulated",
    note: `Real containers need ${missing.join(", ")}: pods are simulated (they run no programs).`,
  };
}
