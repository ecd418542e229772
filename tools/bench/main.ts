/** `npm run bench`: workloads against the cluster of a kubeconfig, upstream's or ours alike. */
import { parseArgs } from "node:util";
import { ApiConnection } from "./api-connection.ts";
import { creates } from "./creates.ts";
import { fanOut } from "./fan-out.ts";
import { hollowPods } from "./hollow-pods.ts";
import { leaseFlood } from "./leases.ts";
import { podStart } from "./pod-start.ts";
import { realPods } from "./real-pods.ts";
import { schedulingBasic } from "./scheduling.ts";
import type { Workload } from "./workload.ts";

const WORKLOADS: readonly Workload[] = [
  creates,
  leaseFlood,
  fanOut,
  schedulingBasic("S1", 500, 500, 1_000),
  schedulingBasic("S1-5000", 5_000, 1_000, 10_000),
  podStart,
  hollowPods,
  realPods,
];

const HELP = `Usage: npm run bench -- [workload ...] [--kubeconfig FILE] [--context NAME] [--short] [--output json]

${WORKLOADS.map(({ id, description }) => `  ${id.padEnd(8)} ${description}`).join("\n")}

Progress goes to stderr, figures to stdout. The cluster must be up: npm run up -- --runtime simulated
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kubeconfig: {
      type: "string",
      default: process.env.KUBECONFIG ?? `${process.env.HOME}/.kube/config`,
    },
    context: { type: "string" },
    short: { type: "boolean", default: false },
    output: { type: "string", default: "text" },
    help: { type: "boolean", short: "h", default: false },
  },
});
const unknown = positionals.filter((id) => !WORKLOADS.some((workload) => workload.id === id));
if (values.help || unknown.length > 0) {
  process.stdout.write(unknown.length > 0 ? `no workload ${unknown.join(", ")}\n\n${HELP}` : HELP);
  process.exit(unknown.length > 0 ? 2 : 0);
}

const api = await ApiConnection.open(values.kubeconfig, values.context);
for (const workload of WORKLOADS) {
  if (positionals.length > 0 && !positionals.includes(workload.id)) continue;
  const figures = await workload.run({
    api,
    short: values.short,
    say: (text) => process.stderr.write(`${text}\n`),
  });
  for (const { what, value, unit } of figures) {
    if (values.output === "json") {
      process.stdout.write(`${JSON.stringify({ workload: workload.id, what, value, unit })}\n`);
    } else {
      process.stdout.write(
        `${workload.id.padEnd(8)} ${what.padEnd(40)} ${value.toFixed(value < 100 ? 1 : 0).padStart(10)} ${unit}\n`,
      );
    }
  }
}
api.close();
