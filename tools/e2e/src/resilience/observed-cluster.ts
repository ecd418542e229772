/** What a test asks a cluster while its components are being broken. */
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestCluster } from "../cluster.ts";
import { eventually, type Outcome, run } from "../program.ts";
import { type ApiAccess, ApiClient } from "./api-load.ts";

const tools = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
/** Without what `npm run` looks after first: it is asked often. */
const PROGRAM = join(dirname(tools), "apps", "kubets", "dist", "main.js");

export interface ComponentState {
  readonly name: string;
  readonly state: string;
  readonly health: string;
  readonly leader?: boolean;
  readonly pid?: number;
  readonly restarts: number;
}

export interface ClusterState {
  readonly state: string;
  readonly components: readonly ComponentState[];
}

export const LEASES = {
  scheduler: "kube-scheduler",
  "controller-manager": "kube-controller-manager",
} as const;
export type Elected = keyof typeof LEASES;

const WRITTEN = [
  "/api/v1/namespaces/default/pods",
  "/apis/apps/v1/namespaces/default/replicasets",
  "/apis/apps/v1/namespaces/default/deployments",
  "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
  "/api/v1/namespaces/default/events",
];
const SETTLED_MS = 2_000;

interface ObjectList {
  readonly items: readonly {
    readonly metadata: {
      readonly name: string;
      readonly uid: string;
      readonly resourceVersion: string;
    };
    /** Of an event: who said it. */
    readonly reportingComponent?: string;
  }[];
}

interface Deployment {
  readonly metadata: { readonly generation: number };
  readonly status?: { readonly observedGeneration?: number; readonly readyReplicas?: number };
}

export class ObservedCluster {
  readonly api: ApiClient;
  readonly #cluster: TestCluster;
  #canaries = 0;

  constructor(cluster: TestCluster) {
    this.#cluster = cluster;
    this.api = new ApiClient(accessOf(cluster.kubeconfig));
  }

  kubets(...words: string[]): Promise<Outcome> {
    return run(process.execPath, [PROGRAM, ...words, "--name", this.#cluster.name]);
  }

  async status(): Promise<ClusterState> {
    const { stdout, stderr } = await this.kubets("status", "-o", "json");
    if (stdout === "") throw new Error(`status says nothing: ${stderr}`);
    return JSON.parse(stdout) as ClusterState;
  }

  /** The process that supervises; undefined while none answers. */
  async supervisor(): Promise<number | undefined> {
    const { stdout } = await this.kubets("status", "-o", "json");
    if (stdout === "") return undefined;
    const { components } = JSON.parse(stdout) as ClusterState;
    return components.find(({ name }) => name === "supervisor")?.pid;
  }

  async component(name: string): Promise<ComponentState> {
    const found = (await this.status()).components.find((each) => each.name === name);
    if (found === undefined) throw new Error(`there is no component ${name}`);
    return found;
  }

  /** The name of the replica that leads. */
  async leader(kind: Elected): Promise<ComponentState> {
    const found = await eventually(
      `one ${kind} leads`,
      30_000,
      async () => (await this.status()).components.filter(({ name }) => name.startsWith(kind)),
      (replicas) => replicas.filter(({ leader }) => leader === true).length === 1,
    );
    const leader = found.find((each) => each.leader === true);
    if (leader === undefined) throw new Error(`no ${kind} leads`);
    return leader;
  }

  async holder(kind: Elected): Promise<string> {
    const path = `/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/${LEASES[kind]}`;
    const { body } = await this.api.call("GET", path);
    return (JSON.parse(body) as { spec: { holderIdentity?: string } }).spec.holderIdentity ?? "";
  }

  /** Milliseconds until somebody else holds the lease. */
  async failover(kind: Elected, from: string, sinceMs: number, boundMs: number): Promise<number> {
    await eventually(
      `another ${kind} leads`,
      boundMs,
      () => this.holder(kind),
      (holder) => holder !== "" && holder !== from,
    );
    return performance.now() - sinceMs;
  }

  /** Every component says that it is well, and that one of each kind leads. */
  wellAgain(what: string, boundMs: number): Promise<ClusterState> {
    return eventually(
      `all is well after ${what}`,
      boundMs,
      () => this.status(),
      ({ state, components }) =>
        state === "running" &&
        Object.keys(LEASES).every(
          (kind) =>
            components.filter((each) => each.name.startsWith(kind) && each.leader).length === 1,
        ),
    );
  }

  /** A new pod of a Deployment runs and is Ready: controller-manager, scheduler, kubelet and runtime all did their part. */
  async canary(boundMs: number): Promise<number> {
    const began = performance.now();
    const replicas = 1 + (this.#canaries++ % 2);
    const path = "/apis/apps/v1/namespaces/default/deployments/canary";
    await this.api.call("PATCH", path, { spec: { replicas } }, "application/merge-patch+json");
    await eventually(
      `the canary has ${replicas} pods`,
      boundMs,
      async () => JSON.parse((await this.api.call("GET", path)).body) as Deployment,
      ({ metadata, status }) =>
        status?.observedGeneration === metadata.generation && status.readyReplicas === replicas,
    );
    return performance.now() - began;
  }

  /** The versions of all that a scheduler or a controller-manager has written here, and what they said about it. */
  async written(): Promise<readonly string[]> {
    const lists = await Promise.all(
      WRITTEN.map(
        async (path) => JSON.parse((await this.api.call("GET", path)).body) as ObjectList,
      ),
    );
    return lists
      .flatMap(({ items }) => items)
      .filter(({ reportingComponent = "controller" }) =>
        /scheduler|controller/.test(reportingComponent),
      )
      .map(({ metadata: { name, uid, resourceVersion } }) => `${name} ${uid} ${resourceVersion}`)
      .sort();
  }

  /** What is written when nothing more comes for two seconds. */
  async settled(boundMs: number): Promise<readonly string[]> {
    let last: readonly string[] = [];
    let sinceMs = performance.now();
    return eventually(
      "nothing is written any more",
      boundMs,
      async () => {
        const now = await this.written();
        if (now.join() !== last.join()) sinceMs = performance.now();
        last = now;
        return now;
      },
      () => performance.now() - sinceMs > SETTLED_MS,
    );
  }

  /** What tells whether a pod has noticed anything: its containers, their starts and restarts. */
  async pods(selector: string): Promise<string> {
    const path = `/api/v1/namespaces/default/pods?labelSelector=${encodeURIComponent(selector)}`;
    const { items } = JSON.parse((await this.api.call("GET", path)).body) as {
      items: {
        metadata: { name: string };
        status: {
          startTime?: string;
          containerStatuses?: {
            containerID?: string;
            restartCount: number;
            state?: { running?: { startedAt: string } };
          }[];
        };
      }[];
    };
    return items
      .map(({ metadata, status }) => {
        const [container] = status.containerStatuses ?? [];
        const startedAt = container?.state?.running?.startedAt;
        return `${metadata.name} ${status.startTime} ${container?.containerID} ${container?.restartCount} ${startedAt}`;
      })
      .sort()
      .join("\n");
  }
}

function accessOf(kubeconfig: string): ApiAccess {
  const text = execFileSync(
    "kubectl",
    ["--kubeconfig", kubeconfig, "config", "view", "--raw", "--minify", "-o", "json"],
    { encoding: "utf8" },
  );
  const { clusters, users } = JSON.parse(text) as {
    clusters: { cluster: { server: string; "certificate-authority-data": string } }[];
    users: { user: { "client-certificate-data": string; "client-key-data": string } }[];
  };
  const [cluster] = clusters;
  const [user] = users;
  if (cluster === undefined || user === undefined) throw new Error(`nothing in ${kubeconfig}`);
  const plain = (base64: string) => Buffer.from(base64, "base64").toString();
  return {
    server: cluster.cluster.server,
    ca: plain(cluster.cluster["certificate-authority-data"]),
    cert: plain(user.user["client-certificate-data"]),
    key: plain(user.user["client-key-data"]),
  };
}
