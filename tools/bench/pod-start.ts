import { ascending, type Figure, percentile, type Workload } from "./workload.ts";

const NAMESPACE = "default";

/** P0: one pod at a time, from the create to Running seen by a watch, with an image that is there already. */
export const podStart: Workload = {
  id: "P0",
  description:
    "one pod, created to Running and seen by a watch (BENCH_IMAGE names an image that the node has)",
  async run({ api, short, say }) {
    const image = process.env.BENCH_IMAGE ?? "busybox:1.35";
    const rounds = short ? 5 : 20;
    const took: number[] = [];
    const path = `/api/v1/namespaces/${NAMESPACE}/pods`;
    for (let round = 0; round <= rounds; round++) {
      const name = `start-${Date.now().toString(36)}`;
      let onRunning: () => void = () => {};
      const running = new Promise<void>((resolve) => {
        onRunning = resolve;
      });
      const watch = api.watch(
        `${path}?watch=true&fieldSelector=metadata.name%3D${name}`,
        (line) => {
          if (line.includes('"phase":"Running"')) onRunning();
        },
      );
      const began = performance.now();
      const container = {
        name: "main",
        image,
        imagePullPolicy: "IfNotPresent",
        command: ["sleep", "3600"],
      };
      await api.must(
        "POST",
        path,
        JSON.stringify({
          apiVersion: "v1",
          kind: "Pod",
          metadata: { name },
          spec: { containers: [container] },
        }),
      );
      await running;
      // The first one may have to pull.
      if (round > 0) took.push(performance.now() - began);
      watch.close();
      await api.must("DELETE", `${path}/${name}?gracePeriodSeconds=0`);
      say(`P0: round ${round} of ${rounds}`);
    }
    const sorted = ascending(took);
    const figures: Figure[] = [
      { what: "created to Running, p50", value: percentile(sorted, 0.5), unit: "ms" },
      { what: "created to Running, max", value: percentile(sorted, 1), unit: "ms" },
    ];
    return figures;
  },
};
