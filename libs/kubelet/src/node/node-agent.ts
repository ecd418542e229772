/**
 * Registers the node and keeps its Node object true: its status when something of it changed, and every few
 * minutes in any case; its lease is renewed elsewhere and more often.
 *
 * Upstream: pkg/kubelet/kubelet_node_status.go registerWithAPIServer, tryUpdateNodeStatus @1.36
 */
import { isStatusError } from "@kubets/api";
import type { ContainerImage, Node, NodeStatus } from "@kubets/api/core/v1";
import { type Client, Informer, nodes } from "@kubets/client";
import type { ContainerRuntime, RuntimeHandler } from "@kubets/cri";
import { type Clock, type Logger, type Runnable, sleep } from "@kubets/service";
import { type EventSink, nodeReference } from "../events/event-sink.ts";
import { errorText } from "../kubelet-error.ts";
import { isEqual } from "../status/status-patch.ts";
import type { Machine } from "./machine.ts";
import {
  allocatableOf,
  initialNode,
  type NodeFindings,
  type NodeSettings,
  nodeLabels,
  nodeStatus,
} from "./node-object.ts";

export interface NodeAgentOptions {
  readonly client: Client;
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: EventSink;
  readonly machine: Machine;
  readonly settings: NodeSettings;
  /** Errors of other parts that make the node not ready. */
  readonly otherErrors: () => readonly string[];
  /** The range from which pods of this node get addresses is known now. */
  readonly onPodCidr: (podCidr: string) => void;
  /** How often the node's state is looked at. Default 10 s. Upstream: nodeStatusUpdateFrequency. */
  readonly updateMs?: number;
  /** How often it is reported even when nothing changed. Default 5 min. Upstream: nodeStatusReportFrequency. */
  readonly reportMs?: number;
  /** Images listed in the status. Default 50; -1: all. Upstream: --node-status-max-images. */
  readonly imagesMax?: number;
}

const REGISTER_RETRY_MS_MIN = 100;
const REGISTER_RETRY_MS_MAX = 7000;
/** While the node is not ready yet its state is looked at this often. */
const EAGER_MS = 100;
const EAGER_FOR_MS = 30_000;
const IMAGE_NAMES_MAX = 5;

export class NodeAgent implements Runnable {
  readonly name = "node-agent";
  readonly #options: NodeAgentOptions;
  readonly #stopping = new AbortController();
  readonly #informer: Informer<Node>;
  #task: Promise<void> | undefined;
  #runtimeVersion = "";
  #handlers: readonly RuntimeHandler[] = [];
  #networkError: string | undefined = "container runtime status check may not have completed yet";
  #runtimeError: string | undefined = "container runtime status check may not have completed yet";
  #podCidr: string | undefined;
  #reportedAtMs = 0;
  #isReady = false;
  #wakeNow: (() => void) | undefined;

  constructor(options: NodeAgentOptions) {
    this.#options = options;
    this.#informer = new Informer({
      client: options.client,
      type: nodes,
      clock: options.clock,
      logger: options.logger,
      fieldSelector: `metadata.name=${options.settings.name}`,
    });
    this.#informer.onChange(({ current }) => this.#learn(current));
  }

  get isReady(): boolean {
    return this.#isReady;
  }
  get handlers(): readonly RuntimeHandler[] {
    return this.#handlers;
  }
  get networkError(): string | undefined {
    return this.#networkError;
  }
  get allocatable(): Record<string, string> {
    return allocatableOf(this.#options.machine, this.#options.settings);
  }
  /** The node as the API has it; undefined until it is known. */
  get node(): Node | undefined {
    return this.#informer.store.get(this.#options.settings.name);
  }

  async start(signal: AbortSignal): Promise<void> {
    await this.#checkRuntime();
    await this.#register(signal);
    await this.#informer.start();
    this.#task = this.#runForever();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#task;
    await this.#informer.stop();
  }

  /** Something that decides readiness has changed: looks at once instead of at the next turn. */
  look(): void {
    this.#wakeNow?.();
  }

  #learn(node: Node | undefined): void {
    const podCidr = node?.spec?.podCIDR;
    if (podCidr === undefined || podCidr === "" || podCidr === this.#podCidr) return;
    this.#podCidr = podCidr;
    this.#options.onPodCidr(podCidr);
    this.look();
  }

  async #register(signal: AbortSignal): Promise<void> {
    const { clock, logger, events, settings } = this.#options;
    for (
      let delayMs = REGISTER_RETRY_MS_MIN;
      ;
      delayMs = Math.min(delayMs * 2, REGISTER_RETRY_MS_MAX)
    ) {
      try {
        const findings = await this.#findings();
        const node = await this.#createOrAdopt(initialNode(findings));
        this.#reportedAtMs = clock.monotonicMs();
        this.#learn(node);
        const about = nodeReference(settings.name);
        events.normal(about, "Starting", "Starting kubelet.");
        await this.#updateStatus(node, findings);
        return;
      } catch (error) {
        logger.warn("the node could not be registered", { node: settings.name, error });
        await sleep(clock, delayMs, signal);
      }
    }
  }

  async #createOrAdopt(node: Node): Promise<Node> {
    const { client, settings, machine } = this.#options;
    try {
      return await client.create(nodes, node);
    } catch (error) {
      if (!isStatusError(error, "AlreadyExists")) throw error;
    }
    const existing = await client.get(nodes, "", settings.name);
    const wanted = nodeLabels(machine, settings);
    const labels = existing.metadata.labels ?? {};
    const missing = Object.entries(wanted).filter(([key, value]) => labels[key] !== value);
    if (missing.length === 0) return existing;
    return client.patch(
      nodes,
      { namespace: "", name: settings.name },
      {
        type: "application/strategic-merge-patch+json",
        body: { metadata: { labels: Object.fromEntries(missing) } },
      },
    );
  }

  async #runForever(): Promise<void> {
    const { clock, logger, updateMs = 10_000 } = this.#options;
    const { signal } = this.#stopping;
    const eagerUntilMs = clock.monotonicMs() + EAGER_FOR_MS;
    while (!signal.aborted) {
      try {
        await this.#checkRuntime();
        const node = this.node;
        if (node !== undefined) await this.#updateStatus(node, await this.#findings());
      } catch (error) {
        if (!signal.aborted) logger.warn("the node's status could not be updated", { error });
      }
      const isEager = !this.#isReady && clock.monotonicMs() < eagerUntilMs;
      await this.#pause(isEager ? EAGER_MS : updateMs);
    }
  }

  /** Until the time is over, or `look` is called. */
  async #pause(delayMs: number): Promise<void> {
    const early = new AbortController();
    this.#wakeNow = () => early.abort();
    const either = AbortSignal.any([early.signal, this.#stopping.signal]);
    await sleep(this.#options.clock, delayMs, either).catch(() => {});
    this.#wakeNow = undefined;
  }

  async #checkRuntime(): Promise<void> {
    const { runtime } = this.#options;
    try {
      const [version, status] = await Promise.all([runtime.version(), runtime.status()]);
      this.#runtimeVersion = `${version.runtimeName}://${version.runtimeVersion}`;
      this.#handlers = status.handlers;
      const problem = (type: string, subject: string) => {
        const condition = status.conditions.find((each) => each.type === type);
        if (condition?.isTrue === true) return undefined;
        return `container runtime ${subject}not ready: ${type}=false reason:${condition?.reason ?? ""} message:${condition?.message ?? ""}`;
      };
      this.#runtimeError = problem("RuntimeReady", "");
      this.#networkError = problem("NetworkReady", "network ");
    } catch (error) {
      this.#runtimeError = `container runtime is down: ${errorText(error)}`;
    }
  }

  async #findings(): Promise<NodeFindings> {
    const { machine, settings, clock } = this.#options;
    const errors = [
      ...(this.#runtimeError === undefined ? [] : [this.#runtimeError]),
      ...this.#options.otherErrors(),
      ...(this.#networkError === undefined ? [] : [this.#networkError]),
    ];
    return {
      machine,
      settings,
      runtimeVersion: this.#runtimeVersion,
      runtimeHandlers: this.#handlers,
      images: this.#runtimeError === undefined ? await this.#images() : [],
      errors,
      nowMs: clock.now(),
    };
  }

  async #images(): Promise<ContainerImage[]> {
    const { runtime, imagesMax = 50 } = this.#options;
    const images = (await runtime.listImages()).map(({ repoTags, repoDigests, sizeBytes }) => ({
      names: [...repoDigests, ...repoTags].slice(0, IMAGE_NAMES_MAX),
      sizeBytes,
    }));
    images.sort((a, b) => b.sizeBytes - a.sizeBytes);
    return imagesMax < 0 ? images : images.slice(0, imagesMax);
  }

  async #updateStatus(node: Node, findings: NodeFindings): Promise<void> {
    const { client, clock, events, settings, reportMs = 300_000 } = this.#options;
    const status = nodeStatus(findings, node.status);
    const isReady = findings.errors.length === 0;
    const isDue = clock.monotonicMs() - this.#reportedAtMs >= reportMs;
    if (isDue || differs(node.status ?? {}, status)) {
      await client.patch(
        nodes,
        { namespace: "", name: settings.name, subresource: "status" },
        { type: "application/strategic-merge-patch+json", body: { status: forPatch(status) } },
      );
      this.#reportedAtMs = clock.monotonicMs();
      this.#tellChanges(node.status ?? {}, status, events);
    }
    this.#isReady = isReady;
  }

  #tellChanges(old: NodeStatus, status: NodeStatus, events: EventSink): void {
    const { settings } = this.#options;
    for (const { type, status: now, reason = "" } of status.conditions ?? []) {
      const before = (old.conditions ?? []).find((each) => each.type === type)?.status;
      if (before === now) continue;
      const what =
        type === "Ready"
          ? now === "True"
            ? "NodeReady"
            : "NodeNotReady"
          : reason.replace(/^Kubelet/, "Node");
      // A node that begins as not ready has not become so.
      if (what === "NodeNotReady" && before === undefined) continue;
      events.normal(
        nodeReference(settings.name),
        what,
        `Node ${settings.name} status is now: ${what}`,
      );
    }
  }
}

/** Heartbeats alone are no change. */
function differs(old: NodeStatus, now: NodeStatus): boolean {
  const still = (status: NodeStatus) => ({
    ...status,
    conditions: (status.conditions ?? [])
      .map(({ lastHeartbeatTime: _, ...condition }) => condition)
      .sort((a, b) => (a.type < b.type ? -1 : 1)),
  });
  const [before, after] = [still(old), still(now)];
  return !Object.entries(after).every(([key, value]) =>
    isEqual(value, Object.entries(before).find(([other]) => other === key)?.[1]),
  );
}

/** Addresses merge by type in a strategic patch; the whole list is meant. */
function forPatch(status: NodeStatus): Record<string, unknown> {
  return {
    ...status,
    addresses: [{ $patch: "replace" }, ...(status.addresses ?? [])],
  };
}
