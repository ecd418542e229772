/**
 * Tokens of service accounts for pods, kept until four fifths of their time are over (or a day), then
 * asked for anew. A token that still works is used when the server cannot be asked.
 *
 * Upstream: pkg/kubelet/token/token_manager.go Manager.GetServiceAccountToken @1.36
 */
import { parseTime } from "@kubets/api";
import type { TokenRequest } from "@kubets/api/authentication/v1";
import type { Pod } from "@kubets/api/core/v1";
import { serviceAccounts, type Writer } from "@kubets/client";
import type { Clock } from "@kubets/service";
import { KubeletError } from "../kubelet-error.ts";
import { nameOf, namespaceOf, specOf, uidOf } from "../pod/pod-facts.ts";
import type { TokenRequestSpec } from "./payload.ts";

interface Issued {
  readonly token: string;
  readonly refreshAtMs: number;
  readonly expiresAtMs: number;
}

const DAY_MS = 86_400_000;
const REFRESH_FRACTION = 0.8;

export class TokenSource {
  readonly #client: Pick<Writer, "createSubresource">;
  readonly #clock: Clock;
  readonly #issued = new Map<string, Map<string, Issued>>();

  constructor(options: {
    readonly client: Pick<Writer, "createSubresource">;
    readonly clock: Clock;
  }) {
    this.#client = options.client;
    this.#clock = options.clock;
  }

  async token(pod: Pod, spec: TokenRequestSpec): Promise<string> {
    const key = JSON.stringify([spec.audiences, spec.expirationSeconds]);
    const known = this.#issued.get(uidOf(pod))?.get(key);
    const nowMs = this.#clock.now();
    if (known !== undefined && nowMs < known.refreshAtMs) return known.token;
    try {
      const issued = await this.#request(pod, spec);
      const ofPod = this.#issued.get(uidOf(pod)) ?? new Map<string, Issued>();
      this.#issued.set(uidOf(pod), ofPod.set(key, issued));
      return issued.token;
    } catch (error) {
      if (known !== undefined && nowMs < known.expiresAtMs) return known.token;
      throw error;
    }
  }

  /** When the first of the pod's tokens has to be renewed. */
  nextRefreshMs(podUid: string): number | undefined {
    const times = [...(this.#issued.get(podUid)?.values() ?? [])].map((each) => each.refreshAtMs);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  forget(podUid: string): void {
    this.#issued.delete(podUid);
  }

  async #request(pod: Pod, spec: TokenRequestSpec): Promise<Issued> {
    const account = specOf(pod).serviceAccountName || "default";
    const body: TokenRequest = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      metadata: {},
      spec: {
        audiences: [...spec.audiences],
        expirationSeconds: spec.expirationSeconds,
        boundObjectRef: { kind: "Pod", apiVersion: "v1", name: nameOf(pod), uid: uidOf(pod) },
      },
    };
    const startMs = this.#clock.now();
    const answer = await this.#client.createSubresource<TokenRequest>(
      serviceAccounts,
      { namespace: namespaceOf(pod), name: account, subresource: "token" },
      body,
    );
    const expiresAtMs = parseTime(answer.status?.expirationTimestamp ?? "");
    if (answer.status?.token === undefined || expiresAtMs === undefined) {
      throw new KubeletError("hostFailure", "the server's answer to a token request has no token");
    }
    const refreshAtMs = Math.min(
      startMs + (expiresAtMs - startMs) * REFRESH_FRACTION,
      startMs + DAY_MS,
    );
    return { token: answer.status.token, refreshAtMs, expiresAtMs };
  }
}
