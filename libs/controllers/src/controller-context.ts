/**
 * The controllers' seam: what every controller is built from, and what it gives back. A controller is one folder with
 * a pure `plan.ts` (values to values) and a thin `controller.ts` (reads informers, performs the plan).
 */
import type { KubeObject } from "@kubets/api";
import type {
  Client,
  EventSource,
  Informer,
  Reader,
  ResourceType,
  WorkQueue,
} from "@kubets/client";
import type { Clock, Logger, Runnable } from "@kubets/service";

export interface ControllerContext {
  /** One informer for each resource, shared by all controllers; started when every controller is built. */
  informer<T extends KubeObject>(type: ResourceType<T>): Informer<T>;
  /** Reads with the controller-manager's own identity, which may list and watch everything. */
  readonly reader: Reader;
  /** Writes as this controller's own service account, with no more rights than upstream gives it. */
  client(serviceAccount: string): Client;
  /** Events with this name as their source, written by the controller's client. */
  recorder(component: string, client: Client): EventSource;
  /** A queue whose metrics carry the controller's name. */
  queue(name: string): WorkQueue<string>;
  /** How many keys a controller works on at once: `standard` unless a flag of --concurrent-…-syncs says otherwise. */
  workers(controller: string, standard: number): number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/** A row of the table of controllers. */
export interface ControllerDefinition {
  /** Upstream's name, as in --controllers. */
  readonly name: string;
  build(context: ControllerContext): Runnable[];
}
