/** The commands on workloads that people type, each with what it must answer, through one kubectl. */
import { expect } from "vitest";
import { eventually, type Outcome } from "./program.ts";

export interface Tour {
  /** Runs the kubectl in question. */
  readonly run: (args: readonly string[]) => Promise<Outcome>;
  readonly namespace: string;
  /** A file with the small Deployment and the CronJob. */
  readonly manifest: string;
  /** Cordons one node after the other: two at a time would leave too few. */
  readonly alone: (task: () => Promise<void>) => Promise<void>;
}

export async function takeTour({ run, namespace, manifest, alone }: Tour): Promise<void> {
  const outcome = async (args: readonly string[]) => {
    const { code, stdout, stderr } = await run(args);
    return { args, code, output: stdout + (code === 0 ? "" : stderr) };
  };
  const cluster = async (expected: RegExp, ...args: string[]) => {
    const { code, output } = await outcome(args);
    expect({ args, code, output }).toEqual({
      args,
      code: 0,
      output: expect.stringMatching(expected),
    });
    return output;
  };
  const does = (expected: RegExp, ...args: string[]) =>
    cluster(expected, "--namespace", namespace, ...args);
  const rolledOut = () =>
    does(
      /deployment "web" successfully rolled out/,
      "rollout",
      "status",
      "deployment/web",
      "--timeout=90s",
    );
  const image = "jsonpath={.spec.template.spec.containers[0].image}";

  await cluster(/created/, "create", "namespace", namespace);
  await does(/deployment.apps\/web created\ncronjob.batch\/tick created/, "apply", "-f", manifest);
  await rolledOut();
  await does(
    /condition met/,
    "wait",
    "--for=condition=Available",
    "deployment/web",
    "--timeout=30s",
  );
  await does(
    /deployment.apps\/web\s+2\/2\s+2\s+2\s[\s\S]*replicaset.apps\/web-\w+\s+2\s+2\s+2\s/,
    "get",
    "deployment,replicaset",
    "-o",
    "wide",
  );

  await does(/service\/web exposed/, "expose", "deployment", "web", "--port=80");
  await eventually(
    "both endpoints in describe",
    20_000,
    async () => (await outcome(["--namespace", namespace, "describe", "service", "web"])).output,
    (text) => /^Endpoints:\s+10\.[\d.]+:80,10\.[\d.]+:80$/m.test(text),
  );
  await does(
    /autoscaled/,
    "autoscale",
    "deployment",
    "web",
    "--min=1",
    "--max=4",
    "--cpu-percent=80",
  );
  await does(/^web\s+Deployment\/web\s+.*1\s+4\s/m, "get", "hpa", "web");

  await does(/scaled/, "scale", "deployment/web", "--replicas=3");
  await does(/image updated/, "set", "image", "deployment/web", "main=nginx:v2");
  await rolledOut();
  await does(
    /^3 3$/,
    "get",
    "deployment",
    "web",
    "-o",
    "jsonpath={.status.updatedReplicas} {.status.availableReplicas}",
  );
  await does(
    /^REVISION\s+CHANGE-CAUSE\n1\s+<none>\n2\s+<none>$/m,
    "rollout",
    "history",
    "deployment/web",
  );
  await does(/Image:\s+nginx:v1/, "rollout", "history", "deployment/web", "--revision=1");
  await does(/rolled back/, "rollout", "undo", "deployment/web");
  await does(/^nginx:v1$/, "get", "deployment", "web", "-o", image);
  await does(/paused/, "rollout", "pause", "deployment/web");
  await does(/env updated/, "set", "env", "deployment/web", "COLOR=blue");
  await does(/resumed/, "rollout", "resume", "deployment/web");
  await does(/restarted/, "rollout", "restart", "deployment/web");
  await rolledOut();
  // Its events are recorded beside the work, so they may come later than what they tell of.
  await eventually(
    "the new set and its events in describe",
    20_000,
    async () => (await outcome(["--namespace", namespace, "describe", "deployment", "web"])).output,
    (text) =>
      /COLOR:\s+blue/.test(text) &&
      /NewReplicaSet:\s+web-\w+ \(3\/3 replicas created\)/.test(text) &&
      /ScalingReplicaSet/.test(text),
  );

  await does(/created/, "create", "job", "once", "--from=cronjob/tick");
  await does(/condition met/, "wait", "--for=condition=Complete", "job/once", "--timeout=60s");
  await does(/^tick$/m, "logs", "job/once");

  await alone(async () => {
    const [pod = ""] = (await does(/./, "get", "pods", "-l", "app=small", "-o", "name")).split(
      "\n",
    );
    const node = await does(/./, "get", pod, "-o", "jsonpath={.spec.nodeName}");
    await cluster(/cordoned/, "cordon", node);
    await cluster(/Ready,SchedulingDisabled/, "get", "node", node);
    await does(
      /drained/,
      "drain",
      node,
      "--pod-selector=app=small",
      "--ignore-daemonsets",
      "--timeout=60s",
    );
    const left = await outcome(["--namespace", namespace, "get", pod]);
    expect(left).toMatchObject({ code: 1, output: expect.stringContaining("NotFound") });
    await cluster(/uncordoned/, "uncordon", node);
  });
  await rolledOut();

  await does(
    /deleted/,
    "delete",
    "deployment/web",
    "service/web",
    "hpa/web",
    // Before its owner, with which it goes.
    "job/once",
    "cronjob/tick",
  );
  await cluster(/deleted/, "delete", "namespace", namespace, "--timeout=60s");
}
