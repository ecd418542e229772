import { sleep, systemClock } from "@kubets/service";
import { type ApiAnswer, LostAnswerError, NotSentError } from "./api-endpoint.ts";
import type { ApiserverReplica } from "./apiserver-replica.ts";

const attemptsMax = 40;

/** What the attempts of all requests came to. */
export interface AttemptCounts {
  requests: number;
  /** Asked of another replica, because the first did not take it. */
  retried: number;
  /** Answered 429 or 503 with a time to wait for. */
  delayed: number;
  /** The answer did not come. */
  lost: number;
  /** Given up. */
  failed: number;
}

/** Several apiservers as one, as a client with all addresses uses them: what surely was not done is tried again. */
export class ReplicatedApi {
  readonly replicas: readonly ApiserverReplica[];
  readonly counts: AttemptCounts = { requests: 0, retried: 0, delayed: 0, lost: 0, failed: 0 };

  constructor(replicas: readonly ApiserverReplica[]) {
    this.replicas = replicas;
  }

  at(index: number): ApiserverReplica {
    const replica = this.replicas[index % this.replicas.length];
    if (replica === undefined) throw new TypeError("there are no replicas");
    return replica;
  }

  async request(
    first: number,
    method: string,
    path: string,
    body?: unknown,
    contentType?: string,
  ): Promise<ApiAnswer> {
    this.counts.requests += 1;
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      try {
        const { endpoint } = this.at(first + attempt);
        const answer = await endpoint.request(method, path, body, contentType);
        // A server that says when to come back has not done it, or may be asked again.
        const mayRepeat = answer.status === 429 || (answer.status === 503 && method === "GET");
        if (!mayRepeat) return answer;
        this.counts.delayed += 1;
      } catch (error) {
        if (error instanceof LostAnswerError) {
          this.counts.lost += 1;
          if (method !== "GET") throw error;
        } else if (error instanceof NotSentError) this.counts.retried += 1;
        else throw error;
      }
      // Every replica is asked once before anybody waits.
      if (attempt >= this.replicas.length - 1) await sleep(systemClock, 50);
    }
    this.counts.failed += 1;
    throw new NotSentError();
  }
}
