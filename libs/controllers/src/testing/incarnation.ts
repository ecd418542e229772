/** Controllers over the in-memory client, from one start to one stop (or crash). */
import { forbidden } from "@kubets/api";
import { ClientError, type Reader, WorkQueue } from "@kubets/client";
import type { MemoryClient } from "@kubets/client/testing";
import { type Clock, type Logger, type Runnable, silentLogger } from "@kubets/service";
import type { ControllerContext, ControllerDefinition } from "../controller-context.ts";
import { SharedInformers } from "../manager/shared-informers.ts";
import { guardedClient } from "./guarded-client.ts";

export interface RecordedEvent {
  readonly regarding: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

export interface IncarnationOptions {
  readonly client: MemoryClient;
  readonly reader: Reader;
  readonly clock: Clock;
  readonly controllers: readonly ControllerDefinition[];
  /** Dies when this many writes have been made: the last one happens, its answer never arrives. */
  readonly writesMax?: number;
  readonly onWrite?: (description: string, controller: string) => void;
  readonly onEvent?: (event: RecordedEvent) => void;
  readonly logger?: Logger;
}

export class Incarnation {
  readonly #runnables: Runnable[];
  readonly #stopping = new AbortController();
  #isDead = false;
  writes = 0;

  constructor(options: IncarnationOptions) {
    const { client, reader, clock, onEvent, logger = silentLogger } = options;
    const informers = new SharedInformers({ client: reader, clock, logger, random: () => 0 });
    const clientOf = (controller: string) =>
      guardedClient(client, async (description, run) => {
        if (this.#isDead) throw new ClientError("broken", "the process has died");
        const result = await run();
        this.writes++;
        options.onWrite?.(description, controller);
        if (this.writes === options.writesMax) {
          this.#isDead = true;
          throw new ClientError("broken", "the process has died");
        }
        return result;
      });
    const contextOf = (controller: string): ControllerContext => ({
      informer: (type) => informers.of(type),
      reader: {
        ...reader,
        // The controller-manager's own identity may list and watch, no more.
        get: (type, _, name) => Promise.reject(forbidden(type, name, "the reader may only list")),
      },
      client: () => clientOf(controller),
      recorder: () => ({
        event(regarding, type, reason, message) {
          const { kind, name } =
            "metadata" in regarding
              ? { kind: regarding.kind, name: regarding.metadata.name }
              : regarding;
          onEvent?.({ regarding: `${kind}/${name}`, type, reason, message });
        },
      }),
      queue: () => new WorkQueue<string>({ clock }),
      workers: (_, standard) => standard,
      clock,
      logger,
      random: () => 0,
    });
    const controllers = options.controllers.flatMap((definition) =>
      definition.build(contextOf(definition.name)),
    );
    this.#runnables = [...informers.all(), ...controllers];
  }

  get isDead(): boolean {
    return this.#isDead;
  }
  async start(): Promise<void> {
    for (const runnable of this.#runnables) await runnable.start(this.#stopping.signal);
  }
  async stop(): Promise<void> {
    this.#isDead = true;
    this.#stopping.abort();
    for (const runnable of this.#runnables.toReversed()) await runnable.stop();
  }
}
