/**
 * /healthz, /livez and /readyz: named checks and the answers that probes and people read.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/server/healthz/healthz.go @1.36
 */
import type { Clock } from "./clock.ts";
import { errorLine } from "./error-chain.ts";

export type HealthEndpoint = "healthz" | "livez" | "readyz";

const ENDPOINTS: readonly HealthEndpoint[] = ["healthz", "livez", "readyz"];

export interface HealthCheck {
  readonly name: string;
  /** Where it counts. Default: everywhere. */
  readonly on?: readonly HealthEndpoint[];
  /** Throws when something is wrong; the text stays inside the process unless the check alone is asked for. */
  check(): void | Promise<void>;
}

export interface HealthAnswer {
  readonly status: 200 | 404 | 500;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface HealthChecksOptions {
  readonly clock: Clock;
  /** How long one check may take before it counts as failed. Default 10 s. */
  readonly checkTimeoutMs?: number;
  /** Told about each failed request, with the reasons that the answer withholds. */
  readonly onFailure?: (endpoint: HealthEndpoint, reasons: readonly string[]) => void;
}

/** A check that is a fact somebody sets: closed with its reason until `open` is called. */
export interface HealthGate {
  open(): void;
  close(reason: string): void;
}

const CHECK_TIMEOUT_MS = 10_000;
const HEADERS = {
  "content-type": "text/plain; charset=utf-8",
  "x-content-type-options": "nosniff",
} as const;

export class HealthChecks {
  readonly #options: HealthChecksOptions;
  readonly #checks: HealthCheck[] = [{ name: "ping", check: () => undefined }];

  constructor(options: HealthChecksOptions) {
    this.#options = options;
  }

  /** Throws when the name is taken: two checks of one name hide each other. */
  add(check: HealthCheck): void {
    if (this.#checks.some((other) => other.name === check.name)) {
      throw new TypeError(`health check ${check.name} is already there`);
    }
    this.#checks.push(check);
  }

  /** Adds a closed gate. */
  gate(
    name: string,
    reason = "not finished",
    on: readonly HealthEndpoint[] = ENDPOINTS,
  ): HealthGate {
    let closed: string | undefined = reason;
    this.add({
      name,
      on,
      check: () => {
        if (closed !== undefined) throw new Error(closed);
      },
    });
    return {
      open: () => {
        closed = undefined;
      },
      close: (why) => {
        closed = why;
      },
    };
  }

  /** Undefined: the path is not one of ours. `path` has no query; `/readyz/etcd` asks for one check. */
  async answer(path: string, query: URLSearchParams): Promise<HealthAnswer | undefined> {
    const [, root, ...rest] = path.split("/");
    const endpoint = ENDPOINTS.find((each) => each === root);
    if (endpoint === undefined) return undefined;
    const checks = this.#checks.filter((check) => (check.on ?? ENDPOINTS).includes(endpoint));
    const name = rest.join("/");
    if (name === "") return this.#answerAll(endpoint, checks, query);
    const check = checks.find((each) => each.name === name);
    return check === undefined ? undefined : this.#answerOne(check);
  }

  async #answerOne(check: HealthCheck): Promise<HealthAnswer> {
    const reason = await this.#run(check);
    return reason === undefined
      ? { status: 200, headers: HEADERS, body: "ok" }
      : { status: 500, headers: HEADERS, body: `internal server error: ${reason}\n` };
  }

  async #answerAll(
    endpoint: HealthEndpoint,
    checks: readonly HealthCheck[],
    query: URLSearchParams,
  ): Promise<HealthAnswer> {
    const unmatched = new Set(query.getAll("exclude"));
    const outcomes = await Promise.all(
      checks.map(async (check) => {
        if (unmatched.delete(check.name)) return { line: `[+]${check.name} excluded: ok\n` };
        const reason = await this.#run(check);
        return reason === undefined
          ? { line: `[+]${check.name} ok\n` }
          : {
              line: `[-]${check.name} failed: reason withheld\n`,
              failed: `${check.name}: ${reason}`,
            };
      }),
    );
    let lines = outcomes.map((outcome) => outcome.line).join("");
    if (unmatched.size > 0) {
      const names = [...unmatched].sort().map((name) => JSON.stringify(name));
      lines += `warn: some health checks cannot be excluded: no matches for ${names.join(",")}\n`;
    }
    const failed = outcomes.flatMap((outcome) => outcome.failed ?? []);
    if (failed.length > 0) {
      this.#options.onFailure?.(endpoint, failed);
      return { status: 500, headers: HEADERS, body: `${lines}${endpoint} check failed\n` };
    }
    const body = query.has("verbose") ? `${lines}${endpoint} check passed\n` : "ok";
    return { status: 200, headers: HEADERS, body };
  }

  /** The reason, or undefined when all is well. A check that hangs has failed. */
  async #run(check: HealthCheck): Promise<string | undefined> {
    let cancel: () => void = () => undefined;
    try {
      const outcome = check.check();
      if (outcome === undefined) return undefined;
      const timeoutMs = this.#options.checkTimeoutMs ?? CHECK_TIMEOUT_MS;
      const expired = new Promise<never>((_, reject) => {
        cancel = this.#options.clock.setTimer(timeoutMs, () =>
          reject(new Error(`no answer within ${timeoutMs} ms`)),
        );
      });
      await Promise.race([outcome, expired]);
      return undefined;
    } catch (error) {
      return errorLine(error);
    } finally {
      cancel();
    }
  }
}
