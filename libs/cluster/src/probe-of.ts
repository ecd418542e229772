/** The liveness probe of each component of a cluster. */
import type { Clock } from "@kubets/service";
import type { ClusterSpec } from "./cluster-spec.ts";
import { healthServer, partsOf } from "./component-addresses.ts";
import { GUARD } from "./components.ts";
import type { Probe } from "./liveness.ts";
import type { ClusterPaths } from "./paths.ts";
import {
  greetingProbe,
  HTTP2_GREETING,
  httpProbe,
  NO_GREETING,
  POSTGRES_GREETING,
} from "./probes.ts";

export interface ProbeContext {
  readonly spec: ClusterSpec;
  readonly paths: ClusterPaths;
  readonly clock: Clock;
  /** Known once it has been started. */
  postgresPort(): number | undefined;
}

/** Undefined for what cannot be asked. */
export function probeOf(component: string, context: ProbeContext): Probe | undefined {
  const { spec, paths, clock } = context;
  const { kind, of } = partsOf(component);
  const local = (port: number | undefined) =>
    port === undefined ? undefined : { host: "127.0.0.1", port };
  switch (kind) {
    case "nats":
      return greetingProbe(() => local(spec.natsPort), NO_GREETING, clock);
    case "postgres":
      return greetingProbe(() => local(context.postgresPort()), POSTGRES_GREETING, clock);
    case GUARD:
      return greetingProbe(() => ({ path: paths.guardSocket }), NO_GREETING, clock);
    case "containerd": {
      const path = paths.node(of).containerdSocket;
      return greetingProbe(() => ({ path }), HTTP2_GREETING, clock);
    }
    default: {
      const server = healthServer(component, spec);
      return server === undefined ? undefined : httpProbe(server, clock);
    }
  }
}
