/** Waiting for nodes to be Ready, and saying which are not. */
import { sleep } from "@kubets/service";
import { adminCredentials, adminGet } from "./apiserver-ready.ts";
import type { ClusterSpec } from "./cluster-spec.ts";
import type { CommandContext } from "./command-context.ts";
import { serverUrl } from "./components.ts";
import type { ClusterPaths } from "./paths.ts";
import { plainReason } from "./plain-message.ts";

const POLL_MS = 40;
const LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";

interface NodeConditions {
  readonly items?: readonly {
    readonly metadata: { readonly name: string };
    readonly status?: {
      readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    };
  }[];
}

/**
 * Whether every node of the spec is Ready before the time is over. A cluster that was stopped still says of its nodes
 * what was true then: `sinceMs` is when it was started, and a kubelet has renewed its lease since.
 */
export async function waitForNodes(
  spec: ClusterSpec,
  paths: ClusterPaths,
  waitSeconds: number,
  { clock, progress }: CommandContext,
  sinceMs = 0,
): Promise<boolean> {
  if (waitSeconds === 0) return false;
  const text = `Waiting for ${spec.nodes.length === 1 ? "the node" : `${spec.nodes.length} nodes`} to be Ready`;
  progress.begin(text);
  const credentials = adminCredentials(paths);
  const deadlineMs = clock.monotonicMs() + waitSeconds * 1000;
  for (;;) {
    let problem: string;
    try {
      const [nodes, leases] = await Promise.all([
        adminGet(serverUrl(spec), credentials, "/api/v1/nodes"),
        adminGet(serverUrl(spec), credentials, LEASES),
      ]);
      const names = readyNodes(nodes.body, leases.body, sinceMs);
      const missing = spec.nodes.filter((node) => !names.has(node.name)).map((node) => node.name);
      if (missing.length === 0) {
        progress.done(text);
        return true;
      }
      problem = `not Ready after ${waitSeconds} s: ${missing.join(", ")}`;
    } catch (error) {
      // It may be about to be started again.
      problem = `the apiserver does not tell after ${waitSeconds} s: ${plainReason(error)}`;
    }
    if (clock.monotonicMs() > deadlineMs) {
      progress.failed(`${text}: ${problem} (logs: ${paths.logs})`);
      return false;
    }
    await sleep(clock, POLL_MS);
  }
}

interface Leases {
  readonly items?: readonly {
    readonly metadata: { readonly name: string };
    readonly spec?: { readonly renewTime?: string };
  }[];
}

/** The names of the nodes that are Ready and whose kubelet has been heard since. */
export function readyNodes(nodes: string, leases: string, sinceMs: number): ReadonlySet<string> {
  const renewed = new Map(
    ((JSON.parse(leases) as Leases).items ?? []).map(({ metadata, spec }) => [
      metadata.name,
      Date.parse(spec?.renewTime ?? ""),
    ]),
  );
  const ready = ((JSON.parse(nodes) as NodeConditions).items ?? []).filter(
    ({ metadata, status }) =>
      status?.conditions?.some(
        (condition) => condition.type === "Ready" && condition.status === "True",
      ) === true &&
      (sinceMs === 0 || (renewed.get(metadata.name) ?? 0) >= sinceMs),
  );
  return new Set(ready.map(({ metadata }) => metadata.name));
}
