import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { runDeployment } from "./deployment-start.ts";
import type { Workload } from "./workload.ts";

const NODES = 1_000;
const SHORT = 100;
/** The nodes have it, and the pods ask for it: the cluster may have other nodes. */
const LABEL = "kubets.dev/hollow";
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 60_000;

/** P1: a Deployment of a thousand on a thousand nodes that are real kubelets over the simulated runtime. */
export const hollowPods: Workload = {
  id: "P1",
  description: `a Deployment of ${NODES} on ${NODES} simulated nodes, created to all Running`,
  async run(options) {
    const { api, say, short } = options;
    const count = short ? SHORT : NODES;
    const prefix = `hollow-${Date.now().toString(36)}`;
    say(`P1: starting ${count} nodes`);
    const began = performance.now();
    const child = fork(fileURLToPath(new URL("hollow-nodes.ts", import.meta.url)), [
      api.kubeconfig,
      api.context ?? "",
      LABEL,
      prefix,
      `${count}`,
    ]);
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    try {
      await untilReady(child);
      const upSeconds = (performance.now() - began) / 1000;
      const figures = await runDeployment(options, {
        id: "P1",
        replicas: count,
        image: "registry.k8s.io/pause:3.10.1",
        nodeSelector: { [LABEL]: prefix },
      });
      return [...figures, { what: "nodes started and Ready", value: upSeconds, unit: "s" }];
    } finally {
      if (child.connected) child.send("stop");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(timer);
    }
  },
};

function untilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const tooLate = () => reject(new Error("the nodes are not Ready"));
    const timer = setTimeout(tooLate, START_TIMEOUT_MS);
    child.once("message", () => {
      clearTimeout(timer);
      resolve();
    });
    child.once("exit", (code) => reject(new Error(`the nodes' process ended with ${code}`)));
  });
}
