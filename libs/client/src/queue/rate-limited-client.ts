import { type Clock, sleep } from "@kubets/service";
import type { Client } from "../client.ts";
import { TokenBucket } from "./token-bucket.ts";

/** The same client, holding requests back to a rate. Upstream: client-go rest.Config QPS and Burst @1.36 */
export function rateLimitedClient(
  client: Client,
  options: { readonly qps: number; readonly burst: number; readonly clock: Clock },
): Client {
  const { qps, burst, clock } = options;
  const bucket = new TokenBucket({ ratePerSecond: qps, burst, clock });
  const turn = async (signal: AbortSignal | undefined) => {
    const delayMs = bucket.reserveMs();
    if (delayMs > 0) await sleep(clock, delayMs, signal);
  };
  return {
    async get(type, namespace, name, call) {
      await turn(call?.signal);
      return client.get(type, namespace, name, call);
    },
    async list(type, call) {
      await turn(call?.signal);
      return client.list(type, call);
    },
    async *watch(type, call) {
      await turn(call.signal);
      yield* client.watch(type, call);
    },
    async create(type, object, call) {
      await turn(call?.signal);
      return client.create(type, object, call);
    },
    async update(type, object, call) {
      await turn(call?.signal);
      return client.update(type, object, call);
    },
    async updateStatus(type, object, call) {
      await turn(call?.signal);
      return client.updateStatus(type, object, call);
    },
    async updateSubresource(type, subresource, object, call) {
      await turn(call?.signal);
      return client.updateSubresource(type, subresource, object, call);
    },
    async patch(type, target, patch, call) {
      await turn(call?.signal);
      return client.patch(type, target, patch, call);
    },
    async delete(type, namespace, name, call) {
      await turn(call?.signal);
      return client.delete(type, namespace, name, call);
    },
    async deleteCollection(type, selection, call) {
      await turn(call?.signal);
      return client.deleteCollection(type, selection, call);
    },
    async createSubresource(type, target, object, call) {
      await turn(call?.signal);
      return client.createSubresource(type, target, object, call);
    },
    close: () => client.close(),
  };
}
