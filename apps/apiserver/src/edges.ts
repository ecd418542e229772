/**
 * Both ports as one part of the process: what a client may notice of a stop happens here, in upstream's
 * order.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/server/genericapiserver.go RunWithContext @1.36
 */
import type { GrpcServer, HealthState } from "@kubets/grpc";
import type { RestServer } from "@kubets/rest";
import { type Clock, type HealthGate, type Logger, type Runnable, sleep } from "@kubets/service";

export interface EdgesOptions {
  readonly rest: RestServer;
  readonly grpc: GrpcServer;
  readonly serving: ServingState;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Red in /readyz from the first moment of a stop. */
  readonly shutdownGate: HealthGate;
  /** --shutdown-delay-duration */
  readonly shutdownDelayMs: number;
  /** How long requests under way may take after that. */
  readonly drainMs: number;
}

/** What the gRPC health service answers: serving from the first request to the first moment of a stop. */
export class ServingState implements HealthState {
  readonly #listeners = new Set<() => void>();
  #isServing = false;

  isServing(): boolean {
    return this.#isServing;
  }
  set(isServing: boolean): void {
    this.#isServing = isServing;
    for (const listener of this.#listeners) listener();
  }
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

export function edgesRunnable(options: EdgesOptions): Runnable {
  const { rest, grpc, serving, clock, logger, shutdownGate, shutdownDelayMs, drainMs } = options;
  return {
    name: "edges",
    start: async () => {
      await grpc.listen();
      await rest.listen();
      shutdownGate.open();
      serving.set(true);
    },
    stop: async () => {
      shutdownGate.close("process is shutting down");
      serving.set(false);
      if (shutdownDelayMs > 0) {
        logger.info("Serving on until load balancers have noticed", { shutdownDelayMs });
        await sleep(clock, shutdownDelayMs);
      }
      rest.drain();
      grpc.drain();
      const patience = new AbortController();
      const left = sleep(clock, drainMs, patience.signal).catch(() => undefined);
      await Promise.race([Promise.all([rest.idle(), grpc.idle()]), left]);
      patience.abort();
      await Promise.all([rest.close(), grpc.close()]);
    },
  };
}
