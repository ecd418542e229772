/** Whether the cluster does all of its work, and whether its pods have noticed what happened. */
import { eventually } from "../program.ts";
import type { Stack } from "./stack.ts";

interface PodLife {
  readonly node: string;
  /** The container's identity and how often it was started: what a pod that has noticed nothing keeps. */
  readonly life: string;
}

/** Pods of the workload that is watched, by name. */
export async function podLives(stack: Stack): Promise<Map<string, PodLife>> {
  const fields = [
    "{.metadata.name}",
    "{.spec.nodeName}",
    "{.metadata.uid}",
    "{.status.containerStatuses[0].restartCount}",
    "{.status.containerStatuses[0].containerID}",
    "{.status.containerStatuses[0].state.running.startedAt}",
  ].join(" ");
  const text = await stack.kubectl(
    ...["get", "pods", "-l", "watched=yes", "-o"],
    `jsonpath={range .items[*]}${fields}{"\\n"}{end}`,
  );
  return new Map(
    text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => {
        const [name = "", node = "", ...life] = line.split(" ");
        return [name, { node, life: life.join(" ") }];
      }),
  );
}

/** Pods that were started again or are gone, other than those on nodes that were. */
export function disturbed(
  before: ReadonlyMap<string, PodLife>,
  after: ReadonlyMap<string, PodLife>,
  nodesStartedAgain: readonly string[],
): string[] {
  return [...before]
    .filter(([, { node }]) => !nodesStartedAgain.includes(node))
    .filter(([name, { life }]) => after.get(name)?.life !== life)
    .map(([name, { life }]) => `${name}: ${life} → ${after.get(name)?.life ?? "gone"}`);
}

const manifest = (name: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  replicas: 2
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: web
          image: busybox:1
          command: ["sh", "-c", "mkdir -p /www; echo ${name} > /www/index.html; exec busybox httpd -f -p 80 -h /www"]
---
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec:
  selector: { app: ${name} }
  ports: [{ port: 80 }]
`;

/**
 * Every service has work to do here: a Deployment and a Service are made (apiserver, Postgres, load balancer), become
 * pods and endpoints (controller-manager, scheduler, nodes), and another pod finds them by name (DNS, proxy). Resolves
 * with the seconds it took.
 */
export async function worksAgain(
  stack: Stack,
  options: {
    readonly name: string;
    readonly from: string;
    readonly nodes: number;
    readonly withinMs: number;
  },
): Promise<number> {
  const { name, from, nodes, withinMs } = options;
  const started = performance.now();
  const left = () => Math.max(0, withinMs - (performance.now() - started));
  const ok = ({ code }: { readonly code: number }) => code === 0;
  await eventually(
    "objects are made",
    left(),
    () => stack.tryKubectl(["apply", "-f", "-"], manifest(name)),
    ok,
  );
  const fullName = `${name}.default.svc.cluster.local`;
  // A static busybox looks names up by itself only in nslookup; its wget may crash with names, and with -T.
  const ask = `a=$(nslookup ${fullName} | sed -n '/^Name/,$s/^Address[^:]*: *//p'); [ -n "$a" ] && timeout 2 wget -q -O - "http://$a"`;
  await eventually(
    "new pods answer under the name of their Service",
    left(),
    () => stack.tryKubectl(["exec", from, "--", "sh", "-c", ask]),
    ({ code, stdout }) => code === 0 && stdout.trim() === name,
  );
  await eventually(
    "all nodes are Ready",
    left(),
    () => stack.readyNodes(),
    ({ length }) => length === nodes,
  );
  const seconds = (performance.now() - started) / 1000;
  await eventually(
    "objects are deleted",
    left() + 30_000,
    () =>
      stack.tryKubectl([
        "delete",
        "--wait=false",
        "--ignore-not-found",
        `deployment/${name}`,
        `service/${name}`,
      ]),
    ok,
  );
  return seconds;
}
