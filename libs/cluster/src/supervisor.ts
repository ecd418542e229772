/**
 * The process that owns a cluster: it starts every component in order, starts again what ends, tells whoever asks how
 * things are, and stops everything in reverse order. One per cluster, in the background. It is kept itself by one of its
 * components, the guard, which starts another when it ends or falls silent; that one takes over what runs.
 */
import { mkdirSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import { dirname, join } from "node:path";
import type { HostFacts } from "@kubets/cri";
import type { Clock, Logger } from "@kubets/service";
import { waitForApiserver } from "./apiserver-ready.ts";
import { BringUpSteps } from "./bring-up-steps.ts";
import { ClusterNodes } from "./cluster-nodes.ts";
import type { ClusterSpec, NodeSpec } from "./cluster-spec.ts";
import { partsOf } from "./component-addresses.ts";
import { waitForHealth } from "./component-health.ts";
import {
  apiserverCommands,
  balancerCommand,
  type ComponentCommand,
  controllerManagerCommands,
  dnsCommand,
  GUARD,
  guardCommand,
  kubeletCommand,
  natsCommand,
  POSTGRES,
  type Programs,
  proxyCommand,
  SUPERVISOR,
  schedulerCommands,
} from "./components.ts";
import { prepareContainerd, writeContainerdFiles } from "./containerd-node.ts";
import { createControlServer, type SupervisorStatus } from "./control.ts";
import { ensureDnsAddon } from "./dns-addon.ts";
import { KeptPostgres } from "./kept-postgres.ts";
import { LeftBehind } from "./left-behind.ts";
import { LivenessWatches } from "./liveness-watches.ts";
import { writeNatsConfig } from "./nats-config.ts";
import type { ClusterPaths } from "./paths.ts";
import { certificateRequests, writePki } from "./pki.ts";
import { watchPodCidrs } from "./pod-routes.ts";
import { probeOf } from "./probe-of.ts";
import { readRecords, startTimeOf, writeRecords } from "./process-record.ts";
import { type ProcessSpec, SupervisedProcess } from "./supervised-process.ts";

export interface SupervisorOptions {
  readonly spec: ClusterSpec;
  /** Those of the spec as it is on disk now. */
  readonly readNodes: () => readonly NodeSpec[];
  readonly paths: ClusterPaths;
  readonly programs: Programs;
  readonly facts: HostFacts;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends this process and nothing that it has started. */
  readonly endNow: (code: number) => void;
}

const APISERVER_TIMEOUT_MS = 30_000;
const CONTAINERD_TIMEOUT_MS = 20_000;
const CONTAINERD_STOP_MS = 5_000;
/** For the answer to whoever asked for the end of this process. */
const ANSWERED_MS = 100;

export class Supervisor {
  #options: SupervisorOptions;
  #processes: SupervisedProcess[] = [];
  readonly #nodes: ClusterNodes;
  #left = new LeftBehind();
  #restarts = 0;
  readonly #followers = new Set<(status: SupervisorStatus) => void>();
  readonly #abort = new AbortController();
  readonly #steps = new BringUpSteps(() => this.#changed());
  #up = false;
  #running: Promise<void> = Promise.resolve();
  #postgres: KeptPostgres | undefined;
  readonly #watches: LivenessWatches;
  #control: Server | undefined;
  #stopped: Promise<void> | undefined;
  #endRoutes: (() => Promise<void>) | undefined;
  #nodesChanged: Promise<void> = Promise.resolve();

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#nodes = new ClusterNodes({ ...options, onChange: () => this.#record() });
    this.#watches = new LivenessWatches({
      ...options,
      probe: (name) =>
        probeOf(name, { ...this.#options, postgresPort: () => this.#postgres?.port }),
    });
  }

  /** Opens the control socket: from here on there is no other supervisor of this cluster. */
  async open(): Promise<void> {
    const { paths } = this.#options;
    mkdirSync(paths.run, { recursive: true, mode: 0o711 });
    mkdirSync(paths.logs, { recursive: true });
    await this.#openControl();
  }

  /** Brings everything up; a failed step is told to the followers and thrown. */
  run(): Promise<void> {
    this.#running = this.#run();
    return this.#running;
  }

  /** Goes on where one that was killed ended: what runs is never restarted for it. */
  resume(): Promise<void> {
    this.#running = this.#resume();
    return this.#running;
  }

  async #run(): Promise<void> {
    const { spec, programs } = this.#options;
    await this.#step("Preparing certificates", () => this.#prepareFiles());
    await this.#step(
      spec.runtime === "containerd" ? "Starting storage and nodes" : "Starting storage",
      async () => {
        await Promise.all([this.#startStorage(), ...this.#startFabric()]);
      },
    );
    await this.#step("Starting the apiserver", async () => {
      this.#startApiservers();
      await waitForApiserver({
        ...this.#options,
        timeoutMs: APISERVER_TIMEOUT_MS,
        signal: this.#abort.signal,
        hopeless: () => this.#whyApiserversEnd(),
      });
    });
    await this.#step("Starting scheduler, controller-manager and kubelet", () =>
      this.#startClients(),
    );
    // Last: a cluster that did not come up is not to be taken over.
    this.#start(guardCommand(spec, programs));
    this.#isUp();
  }

  async #resume(): Promise<void> {
    const { spec, paths, programs, logger } = this.#options;
    const records = readRecords(paths.processes);
    this.#left = new LeftBehind(records);
    // The one before has ended.
    const before = records.find(({ name }) => name === SUPERVISOR);
    this.#left.take(SUPERVISOR);
    this.#restarts = (before?.restarts ?? 0) + 1;
    // Taken first: whatever happens here, it tries again.
    this.#start(guardCommand(spec, programs));
    await this.#step("Taking over what runs", async () => {
      await this.#prepareFiles();
      const fabric = Promise.resolve();
      const isReal = spec.runtime === "containerd";
      await Promise.all([
        this.#startStorage(),
        ...(isReal ? spec.nodes.map((node) => this.#startNode(node, fabric)) : []),
      ]);
      this.#startApiservers();
      await this.#startClients();
      const strangers = this.#left.end();
      if (strangers.length > 0) logger.warn("ended what is no part of the cluster", { strangers });
      // Nodes that were being removed.
      await Promise.all(strangers.map((name) => this.#nodes.endStranger(spec, name)));
    });
    this.#isUp();
  }

  #isUp(): void {
    this.#up = true;
    this.#changed();
    this.#options.logger.info("cluster is up", { cluster: this.#options.spec.name });
  }

  get isStopping(): boolean {
    return this.#stopped !== undefined;
  }

  /** Stops everything in reverse order. Containers end with their node. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  async #prepareFiles(): Promise<void> {
    const { spec, paths, clock, facts } = this.#options;
    await writePki(paths.pki, certificateRequests(spec), clock);
    if (spec.natsServer !== undefined) writeNatsConfig(spec, paths);
    for (const node of spec.nodes) {
      const nodePaths = paths.node(node.name);
      mkdirSync(nodePaths.kubeletRoot, { recursive: true, mode: 0o755 });
      mkdirSync(nodePaths.run, { recursive: true, mode: 0o711 });
      if (spec.runtime === "containerd") writeContainerdFiles(spec, nodePaths, facts);
    }
  }

  async #startStorage(): Promise<void> {
    const { spec, paths } = this.#options;
    const nats = natsCommand(spec, paths);
    if (nats !== undefined) this.#start(nats);
    if (spec.databaseUrl !== undefined) return;
    const { logger, clock } = this.#options;
    const onChange = () => {
      this.#record();
      this.#changed();
    };
    const { signal } = this.#abort;
    const dataDir = paths.postgres;
    const { restarts = 0 } = this.#left.take(POSTGRES) ?? {};
    const postgres = new KeptPostgres({ dataDir, logger, clock, signal, onChange, restarts });
    this.#postgres = postgres;
    await postgres.start();
    this.#watches.begin(POSTGRES, (why) => postgres.kill(why));
  }

  /** The bridge first, then every node at once. */
  #startFabric(): Promise<void>[] {
    const { spec } = this.#options;
    if (spec.runtime !== "containerd") return [];
    const fabric = this.#nodes.makeFabric(spec);
    return spec.nodes.map((node) => this.#startNode(node, fabric));
  }

  async #startNode(node: NodeSpec, fabric: Promise<void>): Promise<void> {
    const { spec, paths, facts, clock } = this.#options;
    const taken = this.#nodes.takeOver(node, this.#left);
    const namespace = taken ?? (await this.#nodes.open(spec, node, fabric));
    const nodePaths = paths.node(node.name);
    const { program, args } = namespace.enter(facts.containerd?.path ?? "containerd", [
      "--config",
      nodePaths.containerdConfig,
    ]);
    this.#start({
      name: `containerd ${node.name}`,
      program,
      args,
      stopTimeoutMs: CONTAINERD_STOP_MS,
    });
    if (taken !== undefined) return;
    await prepareContainerd(nodePaths, facts, clock, CONTAINERD_TIMEOUT_MS, this.#abort.signal);
    namespace.complete();
    this.#record();
  }

  #startApiservers(): void {
    const { spec, paths, programs } = this.#options;
    const url = spec.databaseUrl ?? this.#postgres?.url;
    if (url === undefined) throw new Error("no database");
    const balancer = balancerCommand(spec, paths, programs);
    if (balancer !== undefined) this.#start(balancer);
    for (const command of apiserverCommands(spec, paths, programs, url)) this.#start(command);
  }

  /** Why, when each of them ends again and again: a flag that it does not know, a port that is taken. */
  #whyApiserversEnd(): string | undefined {
    const ends = this.#processes
      .filter(({ spec }) => partsOf(spec.name).kind === "apiserver")
      .map((child) => child.whyHopeless());
    return ends.every((end) => end !== undefined) ? ends[0] : undefined;
  }

  async #startClients(): Promise<void> {
    const { spec, paths, programs, clock } = this.#options;
    for (const node of spec.nodes) this.#startNodeClients(node);
    for (const command of controllerManagerCommands(spec, paths, programs)) this.#start(command);
    for (const command of schedulerCommands(spec, paths, programs)) this.#start(command);
    this.#watchPodRoutes();
    // Simulated pods resolve nothing, and the host's own rules are not for a cluster to write.
    if (spec.runtime !== "containerd") return;
    this.#start(dnsCommand(spec, paths, programs));
    if (this.#restarts > 0) return;
    await ensureDnsAddon({ spec, paths, clock, signal: this.#abort.signal });
  }

  #startNodeClients(node: NodeSpec): void {
    const { spec, paths, programs } = this.#options;
    const kubelet = kubeletCommand(spec, paths, programs, node);
    const namespace = this.#nodes.namespaceOf(node.name);
    if (namespace === undefined) {
      this.#start(kubelet);
      return;
    }
    for (const command of [kubelet, proxyCommand(spec, paths, programs, node)]) {
      this.#start({ ...command, ...namespace.enter(command.program, command.args) });
    }
  }

  #watchPodRoutes(): void {
    const { spec, paths, logger, clock } = this.#options;
    if (spec.runtime !== "containerd") return;
    this.#endRoutes = watchPodCidrs({
      spec,
      paths,
      clock,
      logger,
      namespacePid: (name) => this.#nodes.namespaceOf(name)?.pid,
    });
  }

  /** Starts the nodes that are new and stops those that are gone; the rest never notices. */
  async #setNodes(nodes: readonly NodeSpec[]): Promise<void> {
    this.#abort.signal.throwIfAborted();
    const { spec } = this.#options;
    const without = (list: readonly NodeSpec[], others: readonly NodeSpec[]) =>
      list.filter(({ name }) => !others.some((other) => other.name === name));
    await this.#endRoutes?.();
    await Promise.all(without(spec.nodes, nodes).map((node) => this.#removeNode(node)));
    this.#options = { ...this.#options, spec: { ...spec, nodes } };
    await this.#prepareFiles();
    await Promise.all(
      without(nodes, spec.nodes).map(async (node) => {
        if (spec.runtime === "containerd") await this.#startNode(node, Promise.resolve());
        this.#startNodeClients(node);
      }),
    );
    this.#watchPodRoutes();
  }

  async #removeNode(node: NodeSpec): Promise<void> {
    const { spec } = this.#options;
    const own = this.#processes.filter((child) => child.spec.name.endsWith(` ${node.name}`));
    const isRuntime = ({ spec: { name } }: SupervisedProcess) =>
      partsOf(name).kind === "containerd";
    for (const child of own) this.#watches.end(child.spec.name);
    await Promise.all(own.filter((child) => !isRuntime(child)).map((child) => child.stop()));
    await this.#nodes.endContainers(spec, node.name);
    await Promise.all(own.filter(isRuntime).map((child) => child.stop()));
    this.#processes = this.#processes.filter((child) => !own.includes(child));
    await this.#nodes.remove(node);
    this.#changed();
  }

  #start(command: ComponentCommand): void {
    const { paths, clock, logger } = this.#options;
    const spec: ProcessSpec = {
      ...command,
      logFile: join(paths.logs, `${command.name.replaceAll(" ", "-")}.log`),
    };
    const child = new SupervisedProcess(spec, clock, logger, () => {
      this.#record();
      this.#changed();
    });
    this.#processes.push(child);
    const left = this.#left.take(command.name);
    if (left === undefined) child.start();
    else child.adopt(left);
    this.#watches.begin(command.name, (why) => child.kill(why));
  }

  /** Ends it in order, starts what its program is now, and resolves when it is well. */
  async #restart(name: string): Promise<void> {
    const { spec, paths, clock } = this.#options;
    const child = this.#processes.find((each) => each.spec.name === name);
    const endsBefore = child?.restarts ?? 0;
    if (name === POSTGRES && this.#postgres !== undefined) await this.#postgres.restart();
    else if (child !== undefined) await child.restart();
    else throw new Error(`there is no component "${name}"`);
    const hopeless = () => (child === undefined ? undefined : child.whyHopeless(endsBefore));
    await waitForHealth(name, { spec, paths, clock, signal: this.#abort.signal, hopeless });
  }

  /** Ends this process alone; the guard starts what the program is now, which takes over what runs. */
  async #handOver(): Promise<void> {
    // Before that there is no guard.
    await this.#running;
    await this.#nodesChanged.catch(() => {
      // Whoever asked for that change was told.
    });
    this.#abort.signal.throwIfAborted();
    const guard = this.#processes.find((child) => child.spec.name === GUARD);
    if (guard?.state.state !== "running") {
      throw new Error("the guard does not run just now: nobody would start another supervisor");
    }
    // No failure, so it does not count as one.
    this.#restarts--;
    this.#record();
    this.#options.logger.info("handing over to another supervisor");
    this.#options.clock.setTimer(ANSWERED_MS, () => this.#options.endNow(0));
  }

  async #stopAll(): Promise<void> {
    this.#abort.abort(new Error("the cluster is stopping"));
    // What is still coming up would come up after the end.
    await this.#running.catch(() => {
      // Whoever called run is told.
    });
    await this.#nodesChanged.catch(() => {
      // Whoever asked for that change was told.
    });
    const { spec, logger } = this.#options;
    this.#watches.end();
    const stopNamed = (prefix: string) =>
      Promise.all(
        this.#processes
          .filter((child) => child.spec.name.startsWith(prefix))
          .map((child) => child.stop()),
      );
    // First, or it would start another supervisor.
    await stopNamed(GUARD);
    await Promise.all([
      this.#endRoutes?.(),
      stopNamed("kubelet"),
      stopNamed("proxy"),
      stopNamed("dns"),
      stopNamed("scheduler"),
      stopNamed("controller-manager"),
    ]);
    await Promise.all([
      stopNamed("apiserver"),
      stopNamed("balancer"),
      ...spec.nodes.map((node) => this.#nodes.endContainers(spec, node.name)),
    ]);
    await Promise.all([stopNamed("containerd"), stopNamed("nats"), this.#postgres?.stop()]);
    this.#nodes.close();
    if (spec.runtime === "containerd") await this.#nodes.removeFabric(spec);
    rmSync(this.#options.paths.processes, { force: true });
    this.#control?.close();
    this.#control?.closeIdleConnections();
    logger.info("cluster has stopped", { cluster: spec.name });
  }

  async #step(text: string, task: () => Promise<void>): Promise<void> {
    this.#abort.signal.throwIfAborted();
    await this.#steps.run(text, task);
  }

  #status(): SupervisorStatus {
    return {
      steps: this.#steps.all,
      up: this.#up,
      components: [
        {
          name: SUPERVISOR,
          process: { state: "running", pid: process.pid, restarts: this.#restarts },
        },
        ...(this.#postgres === undefined
          ? []
          : [{ name: POSTGRES, process: this.#postgres.state }]),
        ...this.#processes.map((child) => ({ name: child.spec.name, process: child.state })),
      ],
    };
  }

  #changed(): void {
    const status = this.#status();
    for (const follower of this.#followers) follower(status);
  }

  /** What runs, for whoever comes after this process was killed. */
  #record(): void {
    const { pid } = process;
    writeRecords(this.#options.paths.processes, [
      { name: SUPERVISOR, pid, startTime: startTimeOf(pid) ?? "", restarts: this.#restarts },
      ...this.#nodes.records(),
      ...[this.#postgres, ...this.#processes]
        .map((child) => child?.record())
        .filter((record) => record !== undefined),
      ...this.#left.records(),
    ]);
  }

  async #openControl(): Promise<void> {
    const { paths } = this.#options;
    mkdirSync(dirname(paths.controlSocket), { recursive: true });
    // Whoever listened there has ended: its caller has looked.
    rmSync(paths.controlSocket, { force: true });
    const server = createControlServer({
      status: () => this.#status(),
      follow: (onChange) => {
        this.#followers.add(onChange);
        return () => this.#followers.delete(onChange);
      },
      // One after the other, and each by what the spec says then: of two commands at once the later may come first.
      followNodes: () => {
        this.#nodesChanged = this.#nodesChanged
          .catch(() => {
            // Whoever asked for that change was told.
          })
          .then(() => this.#running)
          .then(() => this.#setNodes(this.#options.readNodes()));
        return this.#nodesChanged;
      },
      restart: (name) => (name === SUPERVISOR ? this.#handOver() : this.#restart(name)),
      stop: () => this.stop(),
    });
    this.#control = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ path: paths.controlSocket }, resolve);
    });
  }
}
