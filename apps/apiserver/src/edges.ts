/**
 * Both ports as one part of the process: what a client may notice of a stop happens here, in upstream's
 * order.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/server/genericapiserver.go RunWithContext @1.36
 */
import type { GrpcServer } from "@kubets/grpc";
import type { RestServer } from "@kubets/rest";
import { type Clock, type HealthGate, type Logger, type Runnable, sleep } from "@kubets/service";

export interface EdgesOptions {
  readonly rest: RestServer;
  readonly grpc: GrpcServer;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Red in /readyz from the first moment of a stop. */
  readonly shutdownGate: HealthGate;
  /** --shutdown-delay-duration */
  readonly shutdownDelayMs: number;
  /** How long requests under way may take after that. */
  readonly drainMs: number;
}

export function edgesRunnable(options: EdgesOptions): Runnable {
  const { rest, grpc, clock, logger, shutdownGate, shutdownDelayMs, drainMs } = options;
  return {
    name: "edges",
    start: async () => {
      await grpc.listen();
      await rest.listen();
      shutdownGate.open();
    },
    stop: async () => {
      shutdownGate.close("process is shutting down");
      if (shutdownDelayMs > 0) {
        logger.info("Serving on until load balancers have noticed", { shutdownDelayMs });
        await sleep(clock, shutdownDelayMs);
      }
      rest.drain();
      grpc.drain();
      const patience = new AbortController();
      const left = sleep(clock, drainMs, patience.signal).catch(() => undefined);
      await Promise.race([rest.idle(), left]);
      patience.abort();
      await Promise.all([rest.close(), grpc.close()]);
    },
  };
}
