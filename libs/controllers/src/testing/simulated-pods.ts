/** What scheduler and kubelets do to pods, as far as controllers can see. */
import { formatTime } from "@kubets/api";
import type { Pod } from "@kubets/api/core/v1";
import { pods } from "@kubets/client";
import type { MemoryClient } from "@kubets/client/testing";
import type { Clock } from "@kubets/service";

export type Behaviour = (pod: Pod) => "run" | "succeed" | "fail" | "wait";

export const serve: Behaviour = () => "run";

/** One step for every pod. */
export async function stepPods(
  client: MemoryClient,
  clock: Clock,
  behaviour: Behaviour,
): Promise<void> {
  for (const pod of client.peekAll(pods)) {
    const { namespace = "", name = "", deletionTimestamp } = pod.metadata;
    const phase = pod.status?.phase ?? "Pending";
    if (deletionTimestamp !== undefined) {
      if (pod.metadata.deletionGracePeriodSeconds === 0) continue;
      if (phase === "Running") client.seed(pods, endedPod(pod, "Failed", clock));
      await client.delete(pods, namespace, name, { gracePeriodSeconds: 0 });
    } else if (phase === "Pending") {
      if (behaviour(pod) !== "wait") client.seed(pods, runningPod(pod, clock));
    } else if (phase === "Running") {
      const action = behaviour(pod);
      if (action === "succeed") client.seed(pods, endedPod(pod, "Succeeded", clock));
      if (action === "fail") client.seed(pods, endedPod(pod, "Failed", clock));
    }
  }
}

export function runningPod(pod: Pod, clock: Clock): Pod {
  const lastTransitionTime = formatTime(clock.now());
  return {
    ...pod,
    spec: { containers: [], ...pod.spec, nodeName: nodeOf(pod) },
    status: {
      ...pod.status,
      phase: "Running",
      podIP: "10.0.0.1",
      podIPs: [{ ip: "10.0.0.1" }],
      conditions: ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map((type) => ({
        type,
        status: "True",
        lastTransitionTime,
      })),
    },
  };
}

export function endedPod(pod: Pod, phase: "Succeeded" | "Failed", clock: Clock): Pod {
  const finishedAt = formatTime(clock.now());
  return {
    ...pod,
    status: {
      ...pod.status,
      phase,
      conditions: (pod.status?.conditions ?? []).map((condition) =>
        condition.type === "Ready" ? { ...condition, status: "False" } : condition,
      ),
      containerStatuses: (pod.spec?.containers ?? []).map(({ name }) => ({
        name,
        ready: false,
        restartCount: 0,
        image: "",
        imageID: "",
        state: { terminated: { exitCode: phase === "Failed" ? 1 : 0, finishedAt } },
      })),
    },
  };
}

/** The node that the pod's affinity names, or the only one. */
function nodeOf(pod: Pod): string {
  const terms =
    pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
      ?.nodeSelectorTerms ?? [];
  const named = terms
    .flatMap(({ matchFields }) => matchFields ?? [])
    .find(({ key }) => key === "metadata.name")?.values?.[0];
  return pod.spec?.nodeName || named || "node-1";
}
