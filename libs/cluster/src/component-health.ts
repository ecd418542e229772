/** What a component says about itself when it is asked: health, version, leadership. */
import { existsSync, readFileSync } from "node:fs";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createContainerdRuntime } from "@kubets/cri";
import { type Clock, kubernetesVersion, sleep } from "@kubets/service";
import { type AdminCredentials, type Answer, adminCredentials } from "./apiserver-ready.ts";
import type { ClusterSpec } from "./cluster-spec.ts";
import { runCommand } from "./command.ts";
import { healthServer, metricsServer, partsOf } from "./component-addresses.ts";
import { GUARD, serverUrl } from "./components.ts";
import type { ClusterPaths } from "./paths.ts";
import { greetingProbe, NO_GREETING } from "./probes.ts";

export interface HealthContext {
  readonly spec: ClusterSpec;
  readonly paths: ClusterPaths;
  readonly clock: Clock;
}

export interface ComponentHealth {
  /** "ok", or what is wrong. */
  readonly health: string;
  readonly version?: string;
  /** Whether it leads; absent for what elects no leader. */
  readonly leader?: boolean;
}

const ANSWER_TIMEOUT_MS = 3_000;

/** Never rejects: that a component cannot be asked is what there is to say about it. */
export async function componentHealth(
  name: string,
  context: HealthContext,
): Promise<ComponentHealth> {
  try {
    return await ask(name, context);
  } catch (error) {
    return { health: error instanceof Error ? error.message : String(error) };
  }
}

function ask(name: string, context: HealthContext): Promise<ComponentHealth> {
  switch (partsOf(name).kind) {
    case "supervisor":
    case GUARD:
      // The supervisor has answered, for the question about all others came from it; the guard is looked at by it. Both
      // are this program.
      return Promise.resolve({ health: "ok", version: kubernetesVersion.gitVersion });
    case "containerd":
      return containerdHealth(name, context);
    case "nats":
      return natsHealth(context);
    case "postgres":
      return postgresHealth(context);
    default:
      return serviceHealth(name, context);
  }
}

async function containerdHealth(name: string, { paths }: HealthContext): Promise<ComponentHealth> {
  const address = paths.node(partsOf(name).of).containerdSocket;
  const runtime = createContainerdRuntime({ address });
  try {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const { runtimeVersion } = await runtime.version({ signal });
    return { health: "ok", version: runtimeVersion };
  } finally {
    await runtime.close();
  }
}

const PROBLEMS = { refused: "refuses connections", silent: "no answer in 3 s" } as const;

async function natsHealth({ spec, clock }: HealthContext): Promise<ComponentHealth> {
  const target = () => ({ host: "127.0.0.1", port: spec.natsPort });
  const [found, output] = await Promise.all([
    greetingProbe(target, NO_GREETING, clock)(ANSWER_TIMEOUT_MS),
    // `nats-server: v2.9.10`
    spec.natsServer === undefined ? "" : runCommand(spec.natsServer, ["-v"]),
  ]);
  return {
    health: found === "answered" ? "ok" : PROBLEMS[found],
    ...versionIn(/v(\d\S*)/.exec(output)?.[1]),
  };
}

/** An apiserver knows best whether the database works for it. */
async function postgresHealth({ spec, paths }: HealthContext): Promise<ComponentHealth> {
  const file = join(paths.postgres, "data", "PG_VERSION");
  const version = existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
  try {
    const store = await get(serverUrl(spec), adminCredentials(paths), "/readyz/etcd");
    return { health: healthOf(store), ...versionIn(version) };
  } catch {
    return { health: "no apiserver tells", ...versionIn(version) };
  }
}

async function serviceHealth(name: string, context: HealthContext): Promise<ComponentHealth> {
  const { spec, paths, clock } = context;
  const server = healthServer(name, spec);
  // A component without a port of its own is told by its process alone.
  if (server === undefined) return { health: "ok" };
  const credentials = adminCredentials(paths);
  const { kind } = partsOf(name);
  if (kind === "balancer") {
    // It is this program, and has no metrics.
    const health = healthOf(await get(server, credentials, "/readyz"));
    return { health, version: kubernetesVersion.gitVersion };
  }
  const path = ["apiserver", "dns"].includes(kind) ? "/readyz" : "/healthz";
  const [health, metrics] = await Promise.all([
    get(server, credentials, path),
    get(metricsServer(name, spec) ?? server, credentials, "/metrics"),
  ]);
  const [, version] = /^kubernetes_build_info\{.*git_version="([^"]+)"/m.exec(metrics.body) ?? [];
  const lease = LEASES[kind];
  if (lease === undefined) return { health: healthOf(health), ...versionIn(version) };
  const leader =
    new RegExp(`^leader_election_master_status\\{name="${lease}"\\} 1$`, "m").test(metrics.body) &&
    (await isHeld(lease, spec, credentials, clock));
  return { health: healthOf(health), ...versionIn(version), leader };
}

const versionIn = (version: string | undefined) => (version === undefined ? {} : { version });

/** "ok", or the first check that failed. */
function healthOf({ code, body }: Answer): string {
  if (code === 200) return "ok";
  const failed = body.split("\n").find((line) => line.startsWith("[-]"));
  return failed ?? `answers ${code}`;
}

const LEASES: Readonly<Record<string, string>> = {
  scheduler: "kube-scheduler",
  "controller-manager": "kube-controller-manager",
};

interface Lease {
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly renewTime?: string;
    readonly leaseDurationSeconds?: number;
  };
}

/** A leader that cannot renew is one in its own eyes only. */
async function isHeld(
  lease: string,
  spec: ClusterSpec,
  credentials: AdminCredentials,
  clock: Clock,
): Promise<boolean> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/${lease}`;
  const answer = await get(serverUrl(spec), credentials, path).catch(() => undefined);
  if (answer?.code !== 200) return false;
  const {
    holderIdentity,
    renewTime,
    leaseDurationSeconds = 15,
  } = (JSON.parse(answer.body) as Lease).spec ?? {};
  if (holderIdentity === undefined || holderIdentity === "") return false;
  return Date.parse(renewTime ?? "") + leaseDurationSeconds * 1000 > clock.now();
}

/** Components serve their health with certificates of their own making, so only the apiserver's is verified. */
function get(server: string, credentials: AdminCredentials, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = server.startsWith("http:") ? requestHttp : requestHttps;
    const timeout = ANSWER_TIMEOUT_MS;
    const call = request(
      `${server}${path}`,
      { ...credentials, rejectUnauthorized: path.startsWith("/api"), timeout, agent: false },
      (response) => {
        text(response).then((body) => resolve({ code: response.statusCode ?? 0, body }), reject);
      },
    );
    call.on("timeout", () => call.destroy(new Error("no answer in 3 s")));
    call.on("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "ECONNREFUSED" ? new Error("refuses connections") : error),
    );
    call.end();
  });
}

const HEALTHY_TIMEOUT_MS = 60_000;
const HEALTHY_POLL_MS = 100;

/** Resolves when the component is well; rejects with what it says after a minute. */
export async function waitForHealth(
  name: string,
  context: HealthContext & {
    readonly signal: AbortSignal;
    /** Why waiting is of no use, once that is known. */
    readonly hopeless: () => string | undefined;
  },
): Promise<void> {
  const { clock, signal, hopeless } = context;
  const deadlineMs = clock.monotonicMs() + HEALTHY_TIMEOUT_MS;
  for (;;) {
    const { health } = await componentHealth(name, context);
    if (health === "ok") return;
    const why = hopeless();
    if (why !== undefined) throw new Error(`${name} ends again and again (${why})`);
    if (clock.monotonicMs() > deadlineMs) {
      throw new Error(
        `${name} is not well ${HEALTHY_TIMEOUT_MS / 1000} s after its start: ${health}`,
      );
    }
    await sleep(clock, HEALTHY_POLL_MS, signal);
  }
}
