/** `kubets status`: each component with its state, version, leadership, health and memory. */
import { existsSync, readFileSync } from "node:fs";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createContainerdRuntime } from "@kubets/cri";
import type { Clock } from "@kubets/service";
import { type AdminCredentials, type Answer, adminCredentials } from "./apiserver-ready.ts";
import type { ClusterSpec, RuntimeKind } from "./cluster-spec.ts";
import { runCommand } from "./command.ts";
import { contextName } from "./command-context.ts";
import { DNS_METRICS_PORT, serverUrl } from "./components.ts";
import { type ComponentStatus, callSupervisor, type SupervisorStatus } from "./control.ts";
import type { ClusterPaths } from "./paths.ts";
import { memoryOf } from "./process-memory.ts";
import type { ClusterHandle } from "./status.ts";

export interface ComponentReport {
  readonly name: string;
  readonly state: "running" | "restarting" | "stopped";
  readonly pid?: number;
  readonly restarts: number;
  readonly version?: string;
  /** Whether it holds its lease; absent for what elects no leader. */
  readonly leader?: boolean;
  /** "ok", or what is wrong. */
  readonly health: string;
  /** Proportional set size of the process and of what it started. */
  readonly memoryBytes?: number;
}

export interface ClusterReport {
  readonly name: string;
  readonly state: "running" | "unhealthy" | "starting" | "stopped";
  readonly runtime: RuntimeKind;
  readonly server: string;
  readonly context: string;
  readonly nodes: readonly string[];
  readonly logs: string;
  readonly components: readonly ComponentReport[];
  readonly memoryBytes: number;
}

export async function inspectCluster(
  { spec, paths }: ClusterHandle,
  clock: Clock,
): Promise<ClusterReport> {
  const answer = await callSupervisor(paths.controlSocket, "GET", "/status", 5_000);
  const status = answer === undefined ? undefined : (JSON.parse(answer) as SupervisorStatus);
  const components = await Promise.all(
    (status?.components ?? []).map((component) => reportOf(component, spec, paths, clock)),
  );
  return {
    name: spec.name,
    state: stateOf(status, components),
    runtime: spec.runtime,
    server: serverUrl(spec),
    context: contextName(spec.name),
    nodes: spec.nodes.map((node) => node.name),
    logs: paths.logs,
    components,
    memoryBytes: components.reduce((sum, { memoryBytes = 0 }) => sum + memoryBytes, 0),
  };
}

function stateOf(
  status: SupervisorStatus | undefined,
  components: readonly ComponentReport[],
): ClusterReport["state"] {
  if (status === undefined) return "stopped";
  if (!status.up) return "starting";
  return components.every(({ health }) => health === "ok") ? "running" : "unhealthy";
}

interface Findings {
  readonly health: string;
  readonly version?: string;
  readonly leader?: boolean;
}

async function reportOf(
  { name, process: running }: ComponentStatus,
  spec: ClusterSpec,
  paths: ClusterPaths,
  clock: Clock,
): Promise<ComponentReport> {
  if (running.state === "stopped")
    return { name, state: "stopped", restarts: 0, health: "stopped" };
  if (running.state === "waiting") {
    const { restarts, lastExit } = running;
    return { name, state: "restarting", restarts, health: lastExit };
  }
  const { pid, restarts } = running;
  const memoryBytes = memoryOf(pid);
  const found = await findings(name, spec, paths, clock).catch(
    (error: unknown): Findings => ({
      health: error instanceof Error ? error.message : String(error),
    }),
  );
  const base = { name, state: "running", pid, restarts, ...found } as const;
  return memoryBytes === undefined ? base : { ...base, memoryBytes };
}

const LEASES: Readonly<Record<string, string>> = {
  scheduler: "kube-scheduler",
  "controller-manager": "kube-controller-manager",
};

async function findings(
  name: string,
  spec: ClusterSpec,
  paths: ClusterPaths,
  clock: Clock,
): Promise<Findings> {
  const [kind = "", nodeName] = name.split(" ");
  const credentials = adminCredentials(paths);
  if (kind === "containerd") {
    const runtime = createContainerdRuntime({
      address: paths.node(nodeName ?? "").containerdSocket,
    });
    try {
      const { runtimeVersion } = await runtime.version({ signal: AbortSignal.timeout(5_000) });
      return { health: "ok", version: runtimeVersion };
    } finally {
      await runtime.close();
    }
  }
  if (kind === "nats") {
    // `nats-server: v2.9.10`; one that runs and was configured answers, or its log says why it ended.
    const output = spec.natsServer === undefined ? "" : await runCommand(spec.natsServer, ["-v"]);
    return { health: "ok", ...versionIn(/v(\d\S*)/.exec(output)?.[1]) };
  }
  if (kind === "postgres") {
    const file = join(paths.postgres, "data", "PG_VERSION");
    const store = await ask(serverUrl(spec), credentials, "/readyz/etcd");
    return {
      health: healthOf(store),
      ...versionIn(existsSync(file) ? readFileSync(file, "utf8").trim() : undefined),
    };
  }
  const address = addressOf(kind, nodeName, spec);
  // A component without a port of its own is told by its process alone.
  if (address === undefined) return { health: "ok" };
  const path = kind === "apiserver" || kind === "dns" ? "/readyz" : "/healthz";
  const [health, metrics, leader] = await Promise.all([
    ask(address, credentials, path),
    ask(address, credentials, "/metrics"),
    leaderOf(LEASES[kind], spec, credentials, clock),
  ]);
  const [, version] = /^kubernetes_build_info\{.*git_version="([^"]+)"/m.exec(metrics.body) ?? [];
  return {
    health: healthOf(health),
    ...versionIn(version),
    ...(leader === undefined ? {} : { leader }),
  };
}

const versionIn = (version: string | undefined) => (version === undefined ? {} : { version });

/** "ok", or the first check that failed. */
function healthOf({ code, body }: Answer): string {
  if (code === 200) return "ok";
  const failed = body.split("\n").find((line) => line.startsWith("[-]"));
  return failed ?? `answers ${code}`;
}

/** Where a component serves its health; the ports are those of components.ts. */
function addressOf(
  kind: string,
  nodeName: string | undefined,
  spec: ClusterSpec,
): string | undefined {
  const { gateway } = spec.network;
  if (kind === "apiserver") return serverUrl(spec);
  if (kind === "scheduler") return `https://${gateway}:${spec.apiserverPort + 1}`;
  if (kind === "controller-manager") return `https://${gateway}:${spec.apiserverPort + 2}`;
  if (kind === "dns") return `http://${gateway}:${DNS_METRICS_PORT}`;
  const node = spec.nodes.find(({ name }) => name === nodeName);
  if (node === undefined) return undefined;
  if (kind === "proxy") return `http://${node.address}:${PROXY_HEALTH_PORT}`;
  return kind === "kubelet"
    ? `https://${node.address}:${node.kubeletPort ?? KUBELET_PORT}`
    : undefined;
}

const KUBELET_PORT = 10250;
const PROXY_HEALTH_PORT = 10256;

interface Lease {
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly renewTime?: string;
    readonly leaseDurationSeconds?: number;
  };
}

/** Undefined for what elects no leader. */
async function leaderOf(
  lease: string | undefined,
  spec: ClusterSpec,
  credentials: AdminCredentials,
  clock: Clock,
): Promise<boolean | undefined> {
  if (lease === undefined) return undefined;
  const path = `/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/${lease}`;
  const { code, body } = await ask(serverUrl(spec), credentials, path);
  if (code !== 200) return false;
  const {
    holderIdentity,
    renewTime,
    leaseDurationSeconds = 15,
  } = (JSON.parse(body) as Lease).spec ?? {};
  if (holderIdentity === undefined || holderIdentity === "") return false;
  return Date.parse(renewTime ?? "") + leaseDurationSeconds * 1000 > clock.now();
}

/** Components serve their health with certificates of their own making, so only the apiserver's is verified. */
function ask(server: string, credentials: AdminCredentials, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = server.startsWith("http:") ? requestHttp : requestHttps;
    const call = request(
      `${server}${path}`,
      { ...credentials, rejectUnauthorized: path.startsWith("/api"), timeout: 5_000, agent: false },
      (response) => {
        text(response).then((body) => resolve({ code: response.statusCode ?? 0, body }), reject);
      },
    );
    call.on("timeout", () => call.destroy(new Error("no answer in 5 s")));
    call.on("error", reject);
    call.end();
  });
}
