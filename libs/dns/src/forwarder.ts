/**
 * Names that are not the cluster's go to the resolvers of the machine, byte for byte; only the id is ours. Bounded in
 * time, in tries and in how many are under way.
 */
import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect, isIPv6 } from "node:net";
import type { Clock } from "@kubets/service";
import { MESSAGE_BYTES_MAX } from "./message.ts";

export interface Resolver {
  readonly address: string;
  readonly port: number;
}

export interface ForwarderOptions {
  /** In the order of trying. */
  readonly resolvers: readonly Resolver[];
  readonly clock: Clock;
  /** For one resolver. Default 2 s, as CoreDNS waits. */
  readonly tryTimeoutMs?: number;
  /** For all of them. Default 5 s: no client waits longer. */
  readonly totalTimeoutMs?: number;
  /** Default 1,000. */
  readonly concurrentMax?: number;
  /** Told about each try, for metrics. */
  readonly onTry?: (outcome: {
    readonly resolver: Resolver;
    readonly protocol: "udp" | "tcp";
    readonly seconds: number;
    readonly answer: Buffer | undefined;
  }) => void;
}

export type ForwardResult =
  | { readonly kind: "answer"; readonly bytes: Buffer }
  | { readonly kind: "unreachable" }
  | { readonly kind: "busy" };

const TRY_TIMEOUT_MS = 2_000;
const TOTAL_TIMEOUT_MS = 5_000;
const CONCURRENT_MAX = 1_000;
/** A resolver that did not answer is asked last for this long. */
const SHUN_MS = 10_000;

export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #shunnedUntilMs = new Map<Resolver, number>();
  #underWay = 0;

  constructor(options: ForwarderOptions) {
    this.#options = options;
  }

  get underWay(): number {
    return this.#underWay;
  }

  async ask(query: Buffer, protocol: "udp" | "tcp", signal: AbortSignal): Promise<ForwardResult> {
    const { clock, concurrentMax = CONCURRENT_MAX } = this.#options;
    if (this.#underWay >= concurrentMax) return { kind: "busy" };
    this.#underWay += 1;
    const deadlineMs = clock.monotonicMs() + (this.#options.totalTimeoutMs ?? TOTAL_TIMEOUT_MS);
    try {
      for (const resolver of this.#inOrder()) {
        const leftMs = deadlineMs - clock.monotonicMs();
        if (leftMs <= 0 || signal.aborted) break;
        const timeoutMs = Math.min(leftMs, this.#options.tryTimeoutMs ?? TRY_TIMEOUT_MS);
        const startMs = clock.monotonicMs();
        const answer = await this.#askOne(resolver, query, { protocol, timeoutMs, signal });
        const seconds = (clock.monotonicMs() - startMs) / 1000;
        this.#options.onTry?.({ resolver, protocol, seconds, answer });
        if (answer !== undefined) {
          this.#shunnedUntilMs.delete(resolver);
          return { kind: "answer", bytes: answer };
        }
        this.#shunnedUntilMs.set(resolver, clock.monotonicMs() + SHUN_MS);
      }
      return { kind: "unreachable" };
    } finally {
      this.#underWay -= 1;
    }
  }

  #inOrder(): Resolver[] {
    const nowMs = this.#options.clock.monotonicMs();
    const isShunned = (resolver: Resolver) => (this.#shunnedUntilMs.get(resolver) ?? 0) > nowMs;
    const { resolvers } = this.#options;
    return [...resolvers.filter((each) => !isShunned(each)), ...resolvers.filter(isShunned)];
  }

  /** Undefined: no answer. */
  #askOne(resolver: Resolver, query: Buffer, how: Ask): Promise<Buffer | undefined> {
    const id = randomInt(0x10000);
    const sent = Buffer.from(query);
    sent.writeUInt16BE(id, 0);
    const isAnswer = (bytes: Buffer) =>
      bytes.length >= 12 &&
      bytes.readUInt16BE(0) === id &&
      (bytes.readUInt16BE(2) & 0x8000) !== 0 &&
      sameQuestion(sent, bytes);
    const { clock } = this.#options;
    return new Promise((resolve) => {
      let close = () => {};
      const end = (answer: Buffer | undefined) => {
        cancel();
        how.signal.removeEventListener("abort", abandon);
        close();
        if (answer !== undefined) query.copy(answer, 0, 0, 2);
        resolve(answer);
      };
      const abandon = () => end(undefined);
      const cancel = clock.setTimer(how.timeoutMs, abandon);
      how.signal.addEventListener("abort", abandon, { once: true });
      const offer = (bytes: Buffer) => {
        if (isAnswer(bytes)) end(bytes);
      };
      close =
        how.protocol === "udp"
          ? overUdp(resolver, sent, offer, abandon)
          : overTcp(resolver, sent, offer, abandon);
    });
  }
}

interface Ask {
  readonly protocol: "udp" | "tcp";
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A socket of its own for each question: its random port is what makes forged answers hard. */
function overUdp(
  { address, port }: Resolver,
  query: Buffer,
  offer: (bytes: Buffer) => void,
  fail: () => void,
): () => void {
  const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
  let isOpen = true;
  socket.on("error", fail);
  socket.on("message", offer);
  // Connected: only this resolver's datagrams get in.
  socket.connect(port, address, () => {
    if (isOpen) socket.send(query);
  });
  return () => {
    isOpen = false;
    socket.close();
  };
}

function overTcp(
  { address, port }: Resolver,
  query: Buffer,
  offer: (bytes: Buffer) => void,
  fail: () => void,
): () => void {
  const socket = connect({ host: address, port });
  const length = Buffer.alloc(2);
  length.writeUInt16BE(query.length);
  socket.once("connect", () => socket.write(Buffer.concat([length, query])));
  let received = Buffer.alloc(0);
  socket.on("data", (data) => {
    received = Buffer.concat([received, typeof data === "string" ? Buffer.from(data) : data]);
    if (received.length < 2) return;
    const size = received.readUInt16BE(0);
    if (received.length >= 2 + size) offer(received.subarray(2, 2 + size));
    else if (received.length > 2 + MESSAGE_BYTES_MAX) fail();
  });
  socket.on("error", fail);
  socket.on("end", fail);
  return () => socket.destroy();
}

/** The question comes back as it was sent, spelling included; forged answers seldom know it. */
function sameQuestion(query: Buffer, answer: Buffer): boolean {
  if (answer.readUInt16BE(4) === 0) return true;
  const end = questionEnd(query);
  return end !== undefined && query.subarray(12, end).equals(answer.subarray(12, end));
}

function questionEnd(query: Buffer): number | undefined {
  let at = 12;
  for (;;) {
    const length = query[at];
    if (length === undefined || length > 63) return undefined;
    at += 1 + length;
    if (length === 0) return at + 4;
  }
}
