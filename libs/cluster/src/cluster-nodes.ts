/** The machine's side of a cluster's nodes: the bridge that joins them, and for each its namespaces and folders. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock, Logger } from "@kubets/service";
import { type ClusterSpec, extraHostAddresses, type NodeSpec } from "./cluster-spec.ts";
import { partsOf } from "./component-addresses.ts";
import {
  bridgeFilter,
  dropPodRoutes,
  fabricDown,
  fabricUp,
  forwardRules,
  nodeUp,
  runSteps,
} from "./fabric.ts";
import type { LeftBehind } from "./left-behind.ts";
import { nodeCgroup, removeCgroup } from "./node-cgroup.ts";
import { NodeNamespace, recordName } from "./node-namespace.ts";
import type { ClusterPaths } from "./paths.ts";
import { nodeCertificateRequests } from "./pki.ts";
import type { ProcessRecord } from "./process-record.ts";
import { killShims } from "./stop.ts";

export interface ClusterNodesOptions {
  readonly paths: ClusterPaths;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What there is to record has changed. */
  readonly onChange: () => void;
}

export class ClusterNodes {
  readonly #options: ClusterNodesOptions;
  readonly #namespaces = new Map<string, NodeNamespace>();

  constructor(options: ClusterNodesOptions) {
    this.#options = options;
  }

  /** Undefined for a node that is not open, as simulated ones never are. */
  namespaceOf(node: string): NodeNamespace | undefined {
    return this.#namespaces.get(node);
  }

  records(): ProcessRecord[] {
    return [...this.#namespaces.values()].map((namespace) => namespace.record());
  }

  async makeFabric(spec: ClusterSpec): Promise<void> {
    const { network } = spec;
    // What a killed supervisor left would be in the way.
    await runSteps([...forwardRules(network, "-D"), ...fabricDown(network)], true);
    await runSteps([
      ...fabricUp(network, extraHostAddresses(spec)),
      ...forwardRules(network, "-I"),
    ]);
  }

  async removeFabric({ network }: ClusterSpec): Promise<void> {
    const failures = await runSteps([...forwardRules(network, "-D"), ...fabricDown(network)], true);
    for (const error of failures) this.#options.logger.warn("could not undo a step", { error });
  }

  /** A node whose making was cut short is made again: nothing has run in it yet but its runtime. */
  takeOver(node: NodeSpec, left: LeftBehind): NodeNamespace | undefined {
    const record = left.take(recordName(node.name));
    if (record === undefined) return undefined;
    const namespace = NodeNamespace.adopt(node.name, record);
    if (record.isComplete !== true) {
      namespace.close();
      left.end((name) => name.endsWith(` ${node.name}`));
      return undefined;
    }
    this.#namespaces.set(node.name, namespace);
    return namespace;
  }

  /** Its namespaces, joined to the fabric once that is there. */
  async open(spec: ClusterSpec, node: NodeSpec, fabric: Promise<void>): Promise<NodeNamespace> {
    const { paths, logger, onChange } = this.#options;
    const namespace = await NodeNamespace.open(node.name, paths.node(node.name));
    this.#namespaces.set(node.name, namespace);
    onChange();
    await fabric;
    await runSteps(nodeUp(spec.network, node, namespace.pid));
    for (const error of await runSteps(bridgeFilter(namespace.pid), true)) {
      logger.debug("could not prepare the bridge filter", { error });
    }
    return namespace;
  }

  /** Kills every container of a node. */
  async endContainers(spec: ClusterSpec, node: string): Promise<void> {
    if (spec.runtime !== "containerd") return;
    await removeCgroup(nodeCgroup(spec.name, node), this.#options.clock);
  }

  /** What is left of a node that is no part of the cluster any more, by the name of its record. */
  async endStranger(spec: ClusterSpec, name: string): Promise<void> {
    const { of } = partsOf(name);
    if (name !== recordName(of)) return;
    await this.endContainers(spec, of);
    await killShims(this.#options.paths.node(of).containerdSocket);
  }

  /** Its namespaces, the others' routes to it, its folders and certificates. */
  async remove(node: NodeSpec): Promise<void> {
    const { paths, logger, onChange } = this.#options;
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
    onChange();
  }

  close(): void {
    for (const namespace of this.#namespaces.values()) namespace.close();
  }
}
