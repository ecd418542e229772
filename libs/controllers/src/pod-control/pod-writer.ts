/**
 * Creates and deletes pods for an owner and tells its users.
 *
 * Upstream: pkg/controller/controller_utils.go RealPodControl @1.36
 */
import { isStatusError, type KubeObject } from "@kubets/api";
import type { Pod } from "@kubets/api/core/v1";
import { type Client, type EventSource, pods } from "@kubets/client";

export class PodWriter {
  readonly #client: Client;
  readonly #recorder: EventSource;

  constructor(options: { readonly client: Client; readonly recorder: EventSource }) {
    this.#client = options.client;
    this.#recorder = options.recorder;
  }

  async create(owner: KubeObject, pod: Pod, signal: AbortSignal): Promise<Pod> {
    let created: Pod;
    try {
      created = await this.#client.create(pods, pod, { signal });
    } catch (error) {
      // While the namespace ends nothing can be created, and its events would be refused too.
      if (!isNamespaceEnding(error)) {
        this.#recorder.event(
          owner,
          "Warning",
          "FailedCreate",
          `Error creating: ${messageOf(error)}`,
        );
      }
      throw error;
    }
    this.#recorder.event(
      owner,
      "Normal",
      "SuccessfulCreate",
      `Created pod: ${created.metadata.name}`,
    );
    return created;
  }

  /** False when it was gone already. Another pod of the name is left alone. */
  async delete(owner: KubeObject, pod: Pod, signal: AbortSignal): Promise<boolean> {
    const { namespace = "", name = "", uid } = pod.metadata;
    try {
      await this.#client.delete(pods, namespace, name, {
        signal,
        ...(uid === undefined ? {} : { preconditions: { uid } }),
      });
    } catch (error) {
      if (isStatusError(error, "NotFound") || isStatusError(error, "Conflict")) return false;
      this.#recorder.event(owner, "Warning", "FailedDelete", `Error deleting: ${messageOf(error)}`);
      throw error;
    }
    this.#recorder.event(owner, "Normal", "SuccessfulDelete", `Deleted pod: ${name}`);
    return true;
  }
}

export function isNamespaceEnding(error: unknown): boolean {
  return (
    isStatusError(error) &&
    (error.status.details?.causes?.some(({ reason }) => reason === "NamespaceTerminating") ?? false)
  );
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
