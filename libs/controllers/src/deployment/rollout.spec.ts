import type { Deployment, ReplicaSet } from "@kubets/api/apps/v1";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planDeployment } from "./plan.ts";
import { rollingLimits, specReplicas, sum } from "./scaling.ts";

const template = (version: number) => ({
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "c", image: `v${version}` }] },
});
const count = fc.oneof(
  fc.integer({ min: 0, max: 5 }),
  fc.integer({ min: 0, max: 100 }).map((percent) => `${percent}%`),
);
const scenario = fc.record({
  replicas: fc.integer({ min: 1, max: 30 }),
  maxSurge: count,
  maxUnavailable: count,
  /** New templates while the rollout is under way, by the step at which they come. */
  changes: fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 3 }),
  /** How many pods come up (or go) at each step. */
  pace: fc.infiniteStream(fc.integer({ min: 0, max: 6 })),
});

const available = ({ status }: ReplicaSet) => status?.availableReplicas;

/** Brings the set's pods nearer to what it asks for. */
function live(replicaSet: ReplicaSet, pace: number): ReplicaSet {
  const wanted = specReplicas(replicaSet);
  const now = replicaSet.status?.availableReplicas ?? 0;
  // Pods that are given up are gone at once; new ones take their time.
  const next = Math.min(wanted, now + pace);
  return {
    ...replicaSet,
    status: { replicas: wanted, readyReplicas: next, availableReplicas: next },
  };
}

describe("a rolling update", () => {
  it("keeps to its limits at every step and comes to its end", () => {
    fc.assert(
      fc.property(scenario, ({ replicas, maxSurge, maxUnavailable, changes, pace }) => {
        let version = 0;
        let status: Deployment["status"];
        const deployment = (): Deployment => ({
          apiVersion: "apps/v1",
          kind: "Deployment",
          metadata: { name: "web", namespace: "default", uid: "d", generation: 1 },
          spec: {
            replicas,
            selector: { matchLabels: { app: "web" } },
            template: template(version),
            strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } },
          },
          status,
        });
        const limits = rollingLimits(deployment());
        let sets: ReplicaSet[] = [];
        let isUp = false;
        for (let step = 0; ; step++) {
          expect(step).toBeLessThan(3000);
          if (isUp) version += changes.filter((at) => at === step % 41 && step < 41).length;
          const plan = planDeployment({
            deployment: deployment(),
            replicaSets: sets,
            podsOf: () => [],
            nowMs: step * 1000,
          });
          const changed = new Map(plan.change.map(({ before, after }) => [before, after]));
          const names = sets.length;
          sets = sets.map((each) => changed.get(each) ?? each);
          if (plan.create !== undefined) {
            const creationTimestamp = new Date(names * 1000).toISOString();
            sets.push({
              ...plan.create,
              metadata: { ...plan.create.metadata, uid: `${names}`, creationTimestamp },
            });
          }
          status = plan.status;
          if (isUp) {
            expect(sum(sets, specReplicas)).toBeLessThanOrEqual(replicas + limits.maxSurge);
            // What is asked for of pods that are up now: more than may be missed is never given up.
            const kept = sum(sets, (each) => Math.min(available(each) ?? 0, specReplicas(each)));
            expect(kept).toBeGreaterThanOrEqual(replicas - limits.maxUnavailable);
          }
          sets = sets.map((each) => live(each, pace.next().value ?? 1));
          isUp ||= sum(sets, available) === replicas;
          const newest = sets.find(
            ({ spec }) => spec?.template?.spec?.containers[0]?.image === `v${version}`,
          );
          if (isUp && step > 41 && newest !== undefined && available(newest) === replicas) break;
        }
        expect(sum(sets, specReplicas)).toBeLessThanOrEqual(replicas + limits.maxSurge);
      }),
      { numRuns: 200 },
    );
  });
});
