/** `kubets up`: brings up a cluster, or says that it is up already; leaves kubectl pointing at it. */
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Clock, sleep } from "@kubets/service";
import { adminCredentials } from "./apiserver-ready.ts";
import type { NetworkingConfig } from "./cluster-config.ts";
import {
  type ClusterSpec,
  checkClusterName,
  type ExtraArguments,
  type NodeSettings,
  type Replicas,
  type RuntimeKind,
} from "./cluster-spec.ts";
import { type CommandContext, contextName } from "./command-context.ts";
import { componentHealth } from "./component-health.ts";
import { serverUrl } from "./components.ts";
import { callSupervisor, followSupervisor, type SupervisorStatus } from "./control.ts";
import { decideSpec, keptSettings } from "./decide-spec.ts";
import { down } from "./down.ts";
import { assertKubeconfig, changeKubeconfig, kubeconfigFile, withEntry } from "./kubeconfig.ts";
import { ensureKubectl } from "./kubectl.ts";
import { lastWords, logHint } from "./log-hint.ts";
import { inspectMachine } from "./machine.ts";
import { changeRunningNodes } from "./nodes.ts";
import { baseFolders, type ClusterPaths, clusterPaths } from "./paths.ts";
import { stopEverything } from "./stop.ts";
import { waitForNodes } from "./wait-for-nodes.ts";

export interface UpOptions {
  readonly name: string;
  readonly runtime?: RuntimeKind;
  /** One entry for each node. For a cluster that exists: absent leaves its nodes, more entries add nodes. */
  readonly nodes?: readonly NodeSettings[];
  readonly networking?: NetworkingConfig;
  /** How many of each component side by side; what a cluster that exists has, where it is not said. */
  readonly replicas?: Replicas;
  /** How long to wait for the nodes to be Ready; 0: not at all. */
  readonly waitSeconds: number;
  readonly kubeconfig?: string;
  readonly databaseUrl?: string;
  readonly registryMirrors: readonly { readonly host: string; readonly url: string }[];
  readonly extraArguments: ExtraArguments;
  /** Keep what was made when it fails, to look at. */
  readonly retain: boolean;
}

export interface UpResult {
  readonly name: string;
  readonly context: string;
  readonly server: string;
  readonly kubeconfig: string;
  readonly runtime: RuntimeKind;
  readonly nodesReady: boolean;
  /** Components that end again and again, now that all others are up. */
  readonly failing: readonly string[];
  readonly kubectl?: string;
}

/** Throws an Error whose message is for the user: what failed, and what to do next. */
export async function up(options: UpOptions, context: CommandContext): Promise<UpResult> {
  const { progress, clock, environment } = context;
  const startedMs = clock.now();
  checkClusterName(options.name);
  const file = kubeconfigFile(options.kubeconfig, environment);
  // Before anything is made, not after.
  assertKubeconfig(file);
  const base = baseFolders(environment, process.getuid?.() ?? 0);
  const paths = clusterPaths(base, options.name);
  const machine = await inspectMachine(environment);
  const found = await statusOf(paths);
  const running = found !== undefined && !hasFailed(found);
  const { known, spec } = await decideSpec(options, context, base, machine, running);
  const size = `${spec.runtime} runtime, ${spec.nodes.length} node${spec.nodes.length === 1 ? "" : "s"}`;
  for (const text of known === undefined ? [] : keptSettings(known, options)) progress.note(text);
  if (running) progress.note(`Cluster "${spec.name}" is there already (${size}).`);
  else if (known !== undefined) progress.note(`Starting cluster "${spec.name}" again (${size}) …`);
  else progress.note(`Creating cluster "${spec.name}" (${size}) …`);
  const interrupted = untilInterrupted(context.interrupt);
  try {
    // What was aborted before is not told again.
    if (context.interrupt?.aborted === true) throw new InterruptedError();
    return await Promise.race([interrupted, bringUp()]);
  } catch (error) {
    if (known === undefined && !options.retain) {
      progress.note("Removing what was made (--retain keeps it).");
      await down({ name: spec.name }, context);
    } else {
      progress.note(`Everything is kept as it is; the logs are in ${paths.logs}.`);
    }
    throw error;
  }

  async function bringUp(): Promise<UpResult> {
    // It may have been started by another `up` meanwhile.
    const supervised = await statusOf(paths);
    if (supervised === undefined || hasFailed(supervised)) {
      // What a supervisor that was killed left running would be in the way, and so would what did not come up.
      if (existsSync(paths.processes)) await stopEverything(paths, spec, context);
      await startSupervisor(spec, paths, context);
    }
    await showSteps(paths, context);
    if (running) await addMissingNodes(spec, known, paths, context);
    await writeKubeconfig(spec, paths, file, clock);
    const sinceMs = running ? 0 : startedMs;
    const nodesReady = await waitForNodes(spec, paths, options.waitSeconds, context, sinceMs);
    const kubectl = await ensureKubectl(machine.kubectl, join(base.state, "bin"), (text) =>
      progress.begin(text),
    );
    if (kubectl.note !== undefined) progress.note(kubectl.note);
    return {
      name: spec.name,
      context: contextName(spec.name),
      server: serverUrl(spec),
      kubeconfig: file,
      runtime: spec.runtime,
      nodesReady,
      failing: await failingComponents(spec, paths, context),
      ...(kubectl.program === undefined ? {} : { kubectl: kubectl.program }),
    };
  }
}

/** Ctrl-C while a command works. What it has not made stays as it was. */
export class InterruptedError extends Error {
  constructor() {
    super("interrupted");
    this.name = "InterruptedError";
  }
}

function untilInterrupted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(new InterruptedError()), { once: true });
  });
}

/** A running cluster whose spec has grown; put back as it was when the new nodes cannot be started. */
async function addMissingNodes(
  spec: ClusterSpec,
  known: ClusterSpec | undefined,
  paths: ClusterPaths,
  context: CommandContext,
): Promise<void> {
  if (known === undefined || known.nodes.length === spec.nodes.length) return;
  await changeRunningNodes(known, spec, paths, context);
}

const SUPERVISOR_WAIT_MS = 10_000;
const POLL_MS = 20;

async function startSupervisor(
  spec: ClusterSpec,
  paths: ClusterPaths,
  { self, clock }: CommandContext,
): Promise<void> {
  mkdirSync(paths.logs, { recursive: true });
  const logFile = join(paths.logs, "supervisor.log");
  const log = openSync(logFile, "a", 0o600);
  const [program, ...args] = self;
  const child = spawn(program, [...args, "supervise", "--name", spec.name], {
    detached: true,
    stdio: ["ignore", log, log],
    cwd: "/",
  });
  closeSync(log);
  let ended: string | undefined;
  child.once("error", (error) => {
    ended = error.message;
  });
  child.once("exit", (code) => {
    ended = `exit code ${code}`;
  });
  const deadlineMs = clock.monotonicMs() + SUPERVISOR_WAIT_MS;
  // Of two that are started at once one steps back, and the other answers.
  while ((await statusOf(paths)) === undefined) {
    if (ended !== undefined || clock.monotonicMs() > deadlineMs) {
      throw new Error(
        `the supervisor did not start (${ended ?? "no answer"}):\n${logHint(readFileSync(logFile, "utf8"))}`,
      );
    }
    await sleep(clock, POLL_MS);
  }
  child.removeAllListeners();
  child.unref();
}

async function statusOf({ controlSocket }: ClusterPaths): Promise<SupervisorStatus | undefined> {
  const answer = await callSupervisor(controlSocket, "GET", "/status", 5_000);
  return answer === undefined ? undefined : (JSON.parse(answer) as SupervisorStatus);
}

/** It did not come up and never will: it is there to be looked at. */
const hasFailed = ({ steps }: SupervisorStatus) => steps.some(({ state }) => state === "failed");

/** Shows each step as it runs, until the cluster is up; throws when one fails. */
async function showSteps(
  paths: ClusterPaths,
  { progress, interrupt }: CommandContext,
): Promise<void> {
  const abort = new AbortController();
  // What is taken down then is no failed step.
  const signal =
    interrupt === undefined ? abort.signal : AbortSignal.any([abort.signal, interrupt]);
  let isFirst = true;
  let shown = 0;
  let begun = -1;
  const show = (status: SupervisorStatus): boolean => {
    // It was up before anybody asked for it.
    if (isFirst && status.up) return true;
    isFirst = false;
    for (;;) {
      const step = status.steps[shown];
      if (step === undefined) return status.up;
      if (begun < shown) {
        progress.begin(step.text);
        begun = shown;
      }
      if (step.state === "running") return false;
      shown++;
      if (step.state === "done") progress.done(step.text);
      else {
        progress.failed(step.text);
        throw new Error(`${step.detail}${apiserverWords(paths)}`);
      }
    }
  };
  try {
    for await (const status of followSupervisor(paths.controlSocket, signal)) {
      if (show(status)) return;
    }
    const log = readFileSync(join(paths.logs, "supervisor.log"), "utf8");
    throw new Error(`the supervisor ended:\n${logHint(log)}`);
  } finally {
    abort.abort();
  }
}

/** Names of components that do not stay up, and for the user why. */
async function failingComponents(
  spec: ClusterSpec,
  paths: ClusterPaths,
  { clock, progress }: CommandContext,
): Promise<string[]> {
  const failing: string[] = [];
  for (const { name, process: running } of (await statusOf(paths))?.components ?? []) {
    if (running.state === "stopped" || running.restarts === 0) continue;
    // Between two ends it may just run.
    const isWell =
      running.state === "running" &&
      (await componentHealth(name, { spec, paths, clock })).health === "ok";
    if (isWell) continue;
    progress.failed(`${name} does not stay up${lastWords(paths, name)}`);
    failing.push(name);
  }
  return failing;
}

function apiserverWords(paths: ClusterPaths): string {
  return lastWords(paths, "apiserver") || lastWords(paths, "apiserver 1");
}

export async function writeKubeconfig(
  spec: ClusterSpec,
  paths: ClusterPaths,
  file: string,
  clock: Clock,
): Promise<void> {
  const admin = adminCredentials(paths);
  await changeKubeconfig(
    file,
    (document) =>
      withEntry(document, {
        name: contextName(spec.name),
        server: serverUrl(spec),
        certificateAuthorityPem: admin.ca,
        clientCertificatePem: admin.cert,
        clientKeyPem: admin.key,
      }),
    clock,
  );
}
