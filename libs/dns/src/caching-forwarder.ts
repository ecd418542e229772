import type { Clock } from "@kubets/service";
import type { AnswerCache, Found } from "./answer-cache.ts";
import type { Forwarder, ForwardResult } from "./forwarder.ts";

export interface CachingForwarderOptions {
  readonly forwarder: Pick<Forwarder, "ask">;
  readonly cache: AnswerCache;
  readonly clock: Clock;
  /** Undefined: it had to be asked for. */
  readonly onLookup?: (found: Found["kind"] | undefined) => void;
}

/** Asks elsewhere only what is not known any more. */
export class CachingForwarder implements Pick<Forwarder, "ask"> {
  readonly #options: CachingForwarderOptions;

  constructor(options: CachingForwarderOptions) {
    this.#options = options;
  }

  async ask(query: Buffer, protocol: "udp" | "tcp", signal: AbortSignal): Promise<ForwardResult> {
    const { forwarder, cache, clock, onLookup } = this.#options;
    const found = cache.find(query, protocol, clock.monotonicMs());
    onLookup?.(found?.kind);
    if (found !== undefined) return { kind: "answer", bytes: found.bytes };
    const result = await forwarder.ask(query, protocol, signal);
    if (result.kind === "answer") cache.keep(query, protocol, result.bytes, clock.monotonicMs());
    return result;
  }
}
