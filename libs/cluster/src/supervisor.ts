/**
 * The process that owns a cluster: it starts every component in order, starts again what ends, tells whoever asks how
 * things are, and stops everything in reverse order. One per cluster, in the background.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { dirname, join } from "node:path";
import type { HostFacts } from "@kubets/cri";
import type { Clock, Logger } from "@kubets/service";
import { waitForApiserver } from "./apiserver-ready.ts";
import { type ClusterSpec, extraHostAddresses, type NodeSpec } from "./cluster-spec.ts";
import { CommandError } from "./command.ts";
import { partsOf } from "./component-addresses.ts";
import { waitForHealth } from "./component-health.ts";
import {
  apiserverCommands,
  balancerCommand,
  type ComponentCommand,
  controllerManagerCommands,
  dnsCommand,
  kubeletCommand,
  natsCommand,
  type Programs,
  proxyCommand,
  schedulerCommands,
} from "./components.ts";
import { prepareContainerd, writeContainerdFiles } from "./containerd-node.ts";
import { createControlServer, type Step, type SupervisorStatus } from "./control.ts";
import { ensureDnsAddon } from "./dns-addon.ts";
import {
  bridgeFilter,
  dropPodRoutes,
  fabricDown,
  fabricUp,
  forwardRules,
  nodeUp,
  runSteps,
} from "./fabric.ts";
import { KeptPostgres } from "./kept-postgres.ts";
import { watchLiveness } from "./liveness.ts";
import { writeNatsConfig } from "./nats-config.ts";
import { nodeCgroup, removeCgroup } from "./node-cgroup.ts";
import { NodeNamespace } from "./node-namespace.ts";
import type { ClusterPaths } from "./paths.ts";
import { certificateRequests, nodeCertificateRequests, writePki } from "./pki.ts";
import { plainMessage } from "./plain-message.ts";
import { watchPodCidrs } from "./pod-routes.ts";
import { probeOf } from "./probe-of.ts";
import type { ProcessRecord } from "./process-record.ts";
import { killShims } from "./stop.ts";
import { type ProcessSpec, SupervisedProcess } from "./supervised-process.ts";

export interface SupervisorOptions {
  readonly spec: ClusterSpec;
  readonly paths: ClusterPaths;
  readonly programs: Programs;
  readonly facts: HostFacts;
  readonly clock: Clock;
  readonly logger: Logger;
}

const APISERVER_TIMEOUT_MS = 30_000;
const CONTAINERD_TIMEOUT_MS = 20_000;
const CONTAINERD_STOP_MS = 5_000;

export class Supervisor {
  #options: SupervisorOptions;
  #processes: SupervisedProcess[] = [];
  readonly #namespaces = new Map<string, NodeNamespace>();
  readonly #followers = new Set<(status: SupervisorStatus) => void>();
  readonly #abort = new AbortController();
  #steps: Step[] = [];
  #up = false;
  #running: Promise<void> = Promise.resolve();
  #postgres: KeptPostgres | undefined;
  readonly #endLiveness = new Map<string, () => void>();
  #control: Server | undefined;
  #stopped: Promise<void> | undefined;
  #endRoutes: (() => Promise<void>) | undefined;
  #nodesChanged: Promise<void> = Promise.resolve();

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Opens the control socket, then brings everything up; a failed step is told to the followers and thrown. */
  run(): Promise<void> {
    this.#running = this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    const { spec, paths, logger } = this.#options;
    mkdirSync(paths.run, { recursive: true, mode: 0o711 });
    mkdirSync(paths.logs, { recursive: true });
    await this.#openControl();
    await this.#step("Preparing certificates", () => this.#prepareFiles());
    await this.#step(
      spec.runtime === "containerd" ? "Starting storage and nodes" : "Starting storage",
      async () => {
        await Promise.all([this.#startStorage(), ...this.#startFabric()]);
      },
    );
    await this.#step("Starting the apiserver", () => this.#startApiserver());
    await this.#step("Starting scheduler, controller-manager and kubelet", () =>
      this.#startClients(),
    );
    this.#up = true;
    this.#changed();
    logger.info("cluster is up", { cluster: spec.name });
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
    const onChange = () => this.#changed();
    const { signal } = this.#abort;
    const dataDir = paths.postgres;
    const postgres = new KeptPostgres({ dataDir, logger, clock, signal, onChange });
    this.#postgres = postgres;
    await postgres.start();
    this.#watch("postgres", (why) => postgres.kill(why));
  }

  /** The bridge first, then every node at once. */
  #startFabric(): Promise<void>[] {
    const { spec } = this.#options;
    if (spec.runtime !== "containerd") return [];
    const fabric = this.#makeFabric();
    return spec.nodes.map((node) => this.#startNode(node, fabric));
  }

  async #startNode(node: NodeSpec, fabric: Promise<void>): Promise<void> {
    const namespace = await NodeNamespace.open(node.name, this.#options.paths.node(node.name));
    this.#namespaces.set(node.name, namespace);
    this.#record();
    await fabric;
    await runSteps(nodeUp(this.#options.spec.network, node, namespace.pid));
    for (const error of await runSteps(bridgeFilter(namespace.pid), true)) {
      this.#options.logger.debug("could not prepare the bridge filter", { error });
    }
    await this.#startContainerd(node, namespace);
  }

  async #makeFabric(): Promise<void> {
    const { spec } = this.#options;
    const { network } = spec;
    // What a killed supervisor left would be in the way.
    await runSteps([...forwardRules(network, "-D"), ...fabricDown(network)], true);
    await runSteps([
      ...fabricUp(network, extraHostAddresses(spec)),
      ...forwardRules(network, "-I"),
    ]);
  }

  async #startContainerd(node: NodeSpec, namespace: NodeNamespace): Promise<void> {
    const { paths, facts, clock } = this.#options;
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
    await prepareContainerd(nodePaths, facts, clock, CONTAINERD_TIMEOUT_MS, this.#abort.signal);
  }

  async #startApiserver(): Promise<void> {
    const { spec, paths, programs, clock } = this.#options;
    const url = spec.databaseUrl ?? this.#postgres?.url;
    if (url === undefined) throw new Error("no database");
    const balancer = balancerCommand(spec, paths, programs);
    if (balancer !== undefined) this.#start(balancer);
    for (const command of apiserverCommands(spec, paths, programs, url)) this.#start(command);
    await waitForApiserver(spec, paths, clock, APISERVER_TIMEOUT_MS, this.#abort.signal);
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
    await ensureDnsAddon({ spec, paths, clock, signal: this.#abort.signal });
  }

  #startNodeClients(node: NodeSpec): void {
    const { spec, paths, programs } = this.#options;
    const kubelet = kubeletCommand(spec, paths, programs, node);
    const namespace = this.#namespaces.get(node.name);
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
      namespacePid: (name) => this.#namespaces.get(name)?.pid,
    });
  }

  /** Starts the nodes that are new and stops those that are gone; the rest never notices. */
  async #setNodes(nodes: readonly NodeSpec[]): Promise<void> {
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
    const { spec, paths, clock, logger } = this.#options;
    const own = this.#processes.filter((child) => child.spec.name.endsWith(` ${node.name}`));
    const isRuntime = ({ spec: { name } }: SupervisedProcess) =>
      partsOf(name).kind === "containerd";
    for (const child of own) this.#unwatch(child.spec.name);
    await Promise.all(own.filter((child) => !isRuntime(child)).map((child) => child.stop()));
    if (spec.runtime === "containerd") await removeCgroup(nodeCgroup(spec.name, node.name), clock);
    await Promise.all(own.filter(isRuntime).map((child) => child.stop()));
    this.#processes = this.#processes.filter((child) => !own.includes(child));
    const namespace = this.#namespaces.get(node.name);
    if (namespace !== undefined) {
      await killShims(paths.node(node.name).containerdSocket);
      this.#namespaces.delete(node.name);
      namespace.close();
      const others = [...this.#namespaces.values()].map(({ pid }) => pid);
      for (const error of await runSteps(dropPodRoutes(node, others), true)) {
        logger.warn("could not undo a step", { error });
      }
    }
    for (const folder of [paths.node(node.name).state, paths.node(node.name).run]) {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    }
    for (const { file } of nodeCertificateRequests(node)) {
      rmSync(join(paths.pki, `${file}.crt`), { force: true });
      rmSync(join(paths.pki, `${file}.key`), { force: true });
    }
    this.#record();
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
    child.start();
    this.#watch(command.name, (why) => child.kill(why));
  }

  /** Ends a component that runs but does not answer; what started it starts it again. */
  #watch(name: string, kill: (why: string) => void): void {
    const { spec, paths, clock, logger } = this.#options;
    const probe = probeOf(name, { spec, paths, clock, postgresPort: () => this.#postgres?.port });
    if (probe === undefined) return;
    const onSilent = (why: string) => {
      logger.error("a component is silent and is killed", { component: name, why });
      kill(`killed: ${why}`);
    };
    this.#endLiveness.set(name, watchLiveness({ probe, clock, onSilent }));
  }

  #unwatch(name: string): void {
    this.#endLiveness.get(name)?.();
    this.#endLiveness.delete(name);
  }

  /** Ends it in order, starts what its program is now, and resolves when it is well. */
  async #restart(name: string): Promise<void> {
    const { spec, paths, clock } = this.#options;
    const child = this.#processes.find((each) => each.spec.name === name);
    if (name === "postgres" && this.#postgres !== undefined) await this.#postgres.restart();
    else if (child !== undefined) await child.restart();
    else throw new Error(`there is no component "${name}"`);
    await waitForHealth(name, { spec, paths, clock, signal: this.#abort.signal });
  }

  async #stopAll(): Promise<void> {
    const { spec, clock, logger } = this.#options;
    this.#abort.abort(new Error("the cluster is stopping"));
    // What is still coming up would come up after the end.
    await this.#running.catch(() => {
      // Whoever called run is told.
    });
    for (const name of [...this.#endLiveness.keys()]) this.#unwatch(name);
    const stopNamed = (prefix: string) =>
      Promise.all(
        this.#processes
          .filter((child) => child.spec.name.startsWith(prefix))
          .map((child) => child.stop()),
      );
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
      ...spec.nodes.map(async (node) => {
        if (spec.runtime !== "containerd") return;
        await removeCgroup(nodeCgroup(spec.name, node.name), clock);
      }),
    ]);
    await Promise.all([stopNamed("containerd"), stopNamed("nats"), this.#postgres?.stop()]);
    for (const namespace of this.#namespaces.values()) namespace.close();
    if (spec.runtime === "containerd") {
      const failures = await runSteps(
        [...forwardRules(spec.network, "-D"), ...fabricDown(spec.network)],
        true,
      );
      for (const error of failures) logger.warn("could not undo a step", { error });
    }
    rmSync(this.#options.paths.processes, { force: true });
    this.#control?.close();
    this.#control?.closeIdleConnections();
    logger.info("cluster has stopped", { cluster: spec.name });
  }

  async #step(text: string, task: () => Promise<void>): Promise<void> {
    this.#abort.signal.throwIfAborted();
    const index = this.#steps.length;
    this.#steps = [...this.#steps, { text, state: "running" }];
    this.#changed();
    try {
      await task();
      this.#steps = this.#steps.with(index, { text, state: "done" });
    } catch (error) {
      const detail = error instanceof Error ? describe(error) : String(error);
      this.#steps = this.#steps.with(index, { text, state: "failed", detail });
      throw error;
    } finally {
      this.#changed();
    }
  }

  #status(): SupervisorStatus {
    return {
      steps: this.#steps,
      up: this.#up,
      components: [
        { name: "supervisor", process: { state: "running", pid: process.pid, restarts: 0 } },
        ...(this.#postgres === undefined
          ? []
          : [{ name: "postgres", process: this.#postgres.state }]),
        ...this.#processes.map((child) => ({ name: child.spec.name, process: child.state })),
      ],
    };
  }

  #changed(): void {
    const status = this.#status();
    for (const follower of this.#followers) follower(status);
  }

  /** What runs, for a `down` after this process was killed. */
  #record(): void {
    const records: ProcessRecord[] = [
      ...[...this.#namespaces.values()].map((namespace) => namespace.record()),
      ...this.#processes.map((child) => child.record()).filter((record) => record !== undefined),
    ];
    writeFileSync(this.#options.paths.processes, JSON.stringify(records));
  }

  async #openControl(): Promise<void> {
    const { paths } = this.#options;
    mkdirSync(dirname(paths.controlSocket), { recursive: true });
    rmSync(paths.controlSocket, { force: true });
    const server = createControlServer({
      status: () => this.#status(),
      follow: (onChange) => {
        this.#followers.add(onChange);
        return () => this.#followers.delete(onChange);
      },
      // One after the other: two changes at once would each start from the other's old nodes.
      setNodes: (nodes) => {
        this.#nodesChanged = this.#nodesChanged
          .catch(() => {
            // Whoever asked for that change was told.
          })
          .then(() => this.#setNodes(nodes));
        return this.#nodesChanged;
      },
      restart: (name) => this.#restart(name),
      stop: () => this.stop(),
    });
    this.#control = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ path: paths.controlSocket }, resolve);
    });
  }
}

/** The error and what caused it, on one line. */
function describe(error: Error): string {
  if (error instanceof CommandError) return error.message;
  const { cause } = error;
  const message = plainMessage(error);
  return cause instanceof Error ? `${message}: ${describe(cause)}` : message;
}
