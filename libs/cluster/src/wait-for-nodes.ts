/** Waiting for nodes to be Ready, and saying which are not. */
import { sleep } from "@kubets/service";
import { adminCredentials, adminGet } from "./apiserver-ready.ts";
import type { ClusterSpec } from "./cluster-spec.ts";
import type { CommandContext } from "./command-context.ts";
import { serverUrl } from "./components.ts";
import type { ClusterPaths } from "./paths.ts";

const POLL_MS = 40;

interface NodeConditions {
  readonly items?: readonly {
    readonly metadata: { readonly name: string };
    readonly status?: {
      readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    };
  }[];
}

/** Whether every node of the spec is Ready before the time is over. */
export async function waitForNodes(
  spec: ClusterSpec,
  paths: ClusterPaths,
  waitSeconds: number,
  { clock, progress }: CommandContext,
): Promise<boolean> {
  if (waitSeconds === 0) return false;
  const text = `Waiting for ${spec.nodes.length === 1 ? "the node" : `${spec.nodes.length} nodes`} to be Ready`;
  progress.begin(text);
  const credentials = adminCredentials(paths);
  const deadlineMs = clock.monotonicMs() + waitSeconds * 1000;
  for (;;) {
    const { body } = await adminGet(serverUrl(spec), credentials, "/api/v1/nodes");
    const items = (JSON.parse(body) as NodeConditions).items ?? [];
    const ready = items.filter((node) =>
      node.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True"),
    );
    const names = new Set(ready.map((node) => node.metadata.name));
    const missing = spec.nodes.filter((node) => !names.has(node.name)).map((node) => node.name);
    if (missing.length === 0) {
      progress.done(text);
      return true;
    }
    if (clock.monotonicMs() > deadlineMs) {
      progress.failed(
        `${text}: not Ready after ${waitSeconds} s: ${missing.join(", ")} (logs: ${paths.logs})`,
      );
      return false;
    }
    await sleep(clock, POLL_MS);
  }
}
