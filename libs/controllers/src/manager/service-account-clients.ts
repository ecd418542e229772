/**
 * Each controller writes as its own service account in kube-system, so that it has the rights upstream's bootstrap
 * roles give it and no others. Tokens are short-lived and renewed before they end.
 *
 * Upstream: pkg/controller/... --use-service-account-credentials, k8s.io/controller-manager/pkg/clientbuilder @1.36
 */
import { isStatusError } from "@kubets/api";
import type { TokenRequest } from "@kubets/api/authentication/v1";
import { type Client, serviceAccounts } from "@kubets/client";
import { type Clock, type Logger, type Runnable, sleep } from "@kubets/service";

export interface ServiceAccountClientsOptions {
  /** May create service accounts and their tokens in kube-system. */
  readonly client: Client;
  /** A client without a certificate that sends what `token` returns with every call. */
  makeClient(token: () => string): Client;
  readonly clock: Clock;
  readonly logger: Logger;
}

const NAMESPACE = "kube-system";
const LIFETIME_SECONDS = 3600;
/** Renewed when this part of the lifetime is over. */
const RENEW_AT = 0.8;
const RETRY_MS = 5_000;

export class ServiceAccountClients implements Runnable {
  readonly name = "service account clients";
  readonly #options: ServiceAccountClientsOptions;
  readonly #clients = new Map<string, Client>();
  readonly #tokens = new Map<string, string>();
  readonly #stopping = new AbortController();
  #renewing: Promise<unknown> | undefined;

  constructor(options: ServiceAccountClientsOptions) {
    this.#options = options;
  }

  /** The client of a service account; it can be used once `start` has resolved. */
  of(account: string): Client {
    let client = this.#clients.get(account);
    if (client === undefined) {
      client = this.#options.makeClient(() => this.#tokens.get(account) ?? "");
      this.#clients.set(account, client);
    }
    return client;
  }

  /** Resolves when every account asked for so far has its first token. */
  async start(signal: AbortSignal): Promise<void> {
    const accounts = [...this.#clients.keys()];
    const either = AbortSignal.any([signal, this.#stopping.signal]);
    await Promise.all(accounts.map((account) => this.#obtain(account, either)));
    this.#renewing = Promise.all(accounts.map((account) => this.#renew(account, either)));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#renewing;
    await Promise.all([...this.#clients.values()].map((client) => client.close()));
  }

  async #renew(account: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(this.#options.clock, LIFETIME_SECONDS * RENEW_AT * 1000, signal).catch(() => {});
      if (!signal.aborted) await this.#obtain(account, signal).catch(() => {});
    }
  }

  /** Tries until it has a token or the signal ends it. */
  async #obtain(account: string, signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    for (;;) {
      signal.throwIfAborted();
      try {
        this.#tokens.set(account, await this.#request(account, signal));
        return;
      } catch (error) {
        if (signal.aborted) throw error;
        logger.warn("cannot get a token, trying again", { account, error });
      }
      await sleep(clock, RETRY_MS, signal);
    }
  }

  async #request(account: string, signal: AbortSignal): Promise<string> {
    const { client } = this.#options;
    const target = { namespace: NAMESPACE, name: account, subresource: "token" };
    const wanted: TokenRequest = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      metadata: {},
      spec: { audiences: [], expirationSeconds: LIFETIME_SECONDS },
    };
    const ask = () =>
      client.createSubresource<TokenRequest>(serviceAccounts, target, wanted, { signal });
    let answer: TokenRequest;
    try {
      answer = await ask();
    } catch (error) {
      if (!isStatusError(error, "NotFound")) throw error;
      await this.#createAccount(account, signal);
      answer = await ask();
    }
    const token = answer.status?.token;
    if (token === undefined || token === "") throw new Error("the answer holds no token");
    return token;
  }

  async #createAccount(name: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#options.client.create(
        serviceAccounts,
        { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace: NAMESPACE } },
        { signal },
      );
    } catch (error) {
      if (!isStatusError(error, "AlreadyExists")) throw error;
    }
  }
}
