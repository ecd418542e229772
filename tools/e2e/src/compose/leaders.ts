/** Leaders that stop in order, are killed or hang longer than their Lease, and what they do when they are back. */
import { expect } from "vitest";
import { eventually } from "../program.ts";
import type { Stack } from "./stack.ts";
import type { Prometheus } from "./watched.ts";

export const LEASES = {
  scheduler: "kube-scheduler",
  "controller-manager": "kube-controller-manager",
} as const;
export type Elected = keyof typeof LEASES;

/** How leaders are lost, and within how many seconds another leads. */
export const LOSSES = { SIGTERM: 3, SIGKILL: 20, hang: 20 } as const;
export type Loss = keyof typeof LOSSES;

/** Resolves with the seconds until another led. `meanwhile` runs when it does and before the lost one is back. */
export async function loseLeader(
  stack: Stack,
  service: Elected,
  loss: Loss,
  meanwhile: () => Promise<void>,
): Promise<number> {
  const lease = LEASES[service];
  const before = await eventually(
    `${service} has a leader`,
    30_000,
    () => stack.leader(lease),
    (id) => id !== "",
  );
  const another = async (beganMs: number) => {
    await eventually(
      `${service} has another leader`,
      60_000,
      () => stack.leader(lease),
      (id) => id !== before && id !== "",
    );
    // Not when we saw it: the engine's and kubectl's answers may take seconds.
    return ((await stack.leadsSinceMs(lease)) - beganMs) / 1000;
  };
  let took = Number.POSITIVE_INFINITY;
  if (loss === "hang") {
    await stack.freeze({ id: before }, async () => {
      took = await another(Date.now());
      await meanwhile();
    });
    return took;
  }
  const beganMs = Date.now();
  await stack.docker("kill", "--signal", loss, before);
  try {
    took = await another(beganMs);
    await meanwhile();
  } finally {
    await stack.docker("start", before);
  }
  return took;
}

/** What hung goes on in a time that is not its own: it gives up, is started again, and waits behind who leads by now. */
export async function followsAgain(
  stack: Stack,
  service: Elected,
  prometheus: Prometheus,
): Promise<void> {
  const lease = LEASES[service];
  const term = await stack.term(lease);
  const status = (value: number) =>
    prometheus.seriesOf(`leader_election_master_status{name="${lease}"} == ${value}`);
  await eventually(
    `one ${service} leads and the other follows`,
    30_000,
    () => Promise.all([status(1), status(0)]),
    ([leaders, followers]) => leaders === 1 && followers === 1,
  );
  expect(await stack.term(lease)).toBe(term);
}

/** A Deployment that only new leaders can have brought up. */
export const HANG_MANIFEST = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: since-the-hang }
spec:
  replicas: 2
  selector: { matchLabels: { app: since-the-hang } }
  template:
    metadata: { labels: { app: since-the-hang } }
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{ name: main, image: "busybox:1", command: [sleep, "3600"] }]
`;
