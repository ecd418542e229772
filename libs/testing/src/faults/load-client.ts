import { randomUUID } from "node:crypto";
import type { ObjectKey, Write, WriteResult } from "@kubets/storage";
import type { WriteOp, WriteOutcome } from "../history/history.ts";
import type { HistoryRecorder } from "../history/history-recorder.ts";
import { keyName, objectBytes } from "../processes/object-content.ts";
import {
  ProcessGoneError,
  RequestFailedError,
  type StoreClient,
} from "../processes/store-client.ts";
import type { SeededRandom } from "../seeded-random.ts";
import type { ReplicaSlots } from "./replica-slots.ts";

/** What all clients of a load share. */
export interface Load {
  readonly slots: ReplicaSlots;
  readonly recorder: HistoryRecorder;
  readonly signal: AbortSignal;
  /** Objects that all clients fight for. */
  readonly sharedKeys: number;
  readonly onSuccess: () => void;
}

/** One client: writes, reads and lists over any replica, again and again, and remembers what it saw. */
export class LoadClient {
  readonly #load: Load;
  readonly #name: string;
  readonly #random: SeededRandom;
  readonly #seen = new Map<string, bigint>();
  #writes = 0;

  constructor(load: Load, name: string, random: SeededRandom) {
    this.#load = load;
    this.#name = name;
    this.#random = random;
  }

  async run(): Promise<void> {
    while (!this.#load.signal.aborted) {
      try {
        await this.#step();
      } catch (error) {
        if (error instanceof ProcessGoneError || error instanceof RequestFailedError) continue;
        if (this.#load.signal.aborted) return;
        throw error;
      }
    }
  }

  async #step(): Promise<void> {
    const { client, name } = await this.#load.slots.live(this.#random.below(8));
    const key = this.#key();
    const choice = this.#random.next();
    if (choice < 0.7) await this.#write(client, name, key);
    else if (choice < 0.97) await this.#get(client, name, key);
    else await this.#list(client, name, key.namespace);
    this.#load.onSuccess();
  }

  #key(): ObjectKey {
    const isShared = this.#random.chance(0.5);
    const name = isShared
      ? `shared-${this.#random.below(this.#load.sharedKeys)}`
      : `${this.#name}-${this.#random.below(6)}`;
    return { group: "", resource: "configmaps", namespace: isShared ? "shared" : "own", name };
  }

  async #write(client: StoreClient, replica: string, key: ObjectKey): Promise<void> {
    const text = keyName(key);
    const seen = this.#seen.get(text);
    const op: WriteOp =
      seen === undefined ? "create" : this.#random.chance(0.2) ? "delete" : "update";
    const content = op === "delete" ? "" : `${this.#name}.${this.#writes++}`;
    const requestId = randomUUID();
    const base = { key, requestId, bytes: objectBytes(key, content, "x".repeat(300)) };
    const write: Write =
      op === "create"
        ? { ...base, op, uid: content }
        : op === "update"
          ? { ...base, op, uid: text, expectedRevision: seen ?? 0n }
          : { ...base, op, expectedRevision: seen ?? 0n };
    const about = { client: this.#name, replica, op, key: text, content, requestId };
    const outcome = await this.#load.recorder.write(
      { ...about, ...(seen === undefined ? {} : { expected: seen }) },
      async (): Promise<WriteOutcome> => {
        try {
          return outcomeOf(await client.request({ do: "write", write }));
        } catch (error) {
          return failureOf(error);
        }
      },
    );
    if (outcome.status === "committed" && op !== "delete") this.#seen.set(text, outcome.revision);
    else if (outcome.status === "refused" && typeof outcome.current === "bigint") {
      this.#seen.set(text, outcome.current);
    } else this.#seen.delete(text);
    if (outcome.status === "failed" || outcome.status === "unknown") throw new ProcessGoneError();
  }

  async #get(client: StoreClient, replica: string, key: ObjectKey): Promise<void> {
    const { recorder } = this.#load;
    const startMs = recorder.nowMs();
    const found = await client.request({ do: "get", key });
    recorder.read({
      kind: "get",
      client: this.#name,
      replica,
      key: keyName(key),
      startMs,
      endMs: recorder.nowMs(),
      ...(found === undefined ? {} : { found }),
    });
    if (found === undefined) this.#seen.delete(keyName(key));
    else this.#seen.set(keyName(key), found.revision);
  }

  async #list(client: StoreClient, replica: string, namespace: string): Promise<void> {
    const { recorder } = this.#load;
    const startMs = recorder.nowMs();
    const { revision, items } = await client.request({ do: "list", namespace });
    const scope = `configmaps/${namespace}/`;
    const endMs = recorder.nowMs();
    recorder.read({
      kind: "list",
      client: this.#name,
      replica,
      scope,
      startMs,
      endMs,
      revision,
      items,
    });
  }
}

export function outcomeOf(result: WriteResult): WriteOutcome {
  switch (result.status) {
    case "committed":
      return result;
    case "exists":
    case "conflict":
      return { status: "refused", current: result.current.revision };
    case "notFound":
      return { status: "refused", current: "absent" };
    case "fenced":
      return { status: "refused", current: "untold" };
  }
}

function failureOf(error: unknown): WriteOutcome {
  if (error instanceof RequestFailedError) {
    if (error.failure === "unavailable") return { status: "failed" };
    if (error.failure === "unknownOutcome") return { status: "unknown" };
    // Refused for good: it was rolled back.
    if (error.failure === "unusable") return { status: "failed" };
  }
  if (error instanceof ProcessGoneError) return { status: "unknown" };
  throw error;
}
