import type { StatefulSet } from "@kubets/api/apps/v1";
import type { Pod } from "@kubets/api/core/v1";
import { describe, expect, it } from "vitest";
import { planStatefulSet } from "./plan.ts";
import { claimsOf, statefulPod } from "./stateful-pod.ts";

const NOW = Date.UTC(2026, 0, 1);
const [OLD, NEW] = [
  {
    revision: "db-old",
    template: { metadata: { labels: { app: "db" } }, spec: { containers: [] } },
  },
  {
    revision: "db-new",
    template: { metadata: { labels: { app: "db" } }, spec: { containers: [] } },
  },
];
const set = (spec: Partial<StatefulSet["spec"]> & object = {}): StatefulSet => ({
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: { name: "db", namespace: "default", uid: "s" },
  spec: {
    replicas: 3,
    serviceName: "svc",
    selector: { matchLabels: { app: "db" } },
    template: NEW.template,
    volumeClaimTemplates: [
      {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name: "data", labels: { tier: "x" } },
      },
    ],
    ...spec,
  },
});
type State = "ready" | "starting" | "ending" | "failed" | "old" | "oldStarting";
const pod = (ordinal: number, state: State): Pod => {
  const version = state.startsWith("old") ? OLD : NEW;
  const made = statefulPod(set(), ordinal, version);
  const isReady = state === "ready" || state === "old" || state === "ending";
  return {
    ...made,
    metadata: {
      ...made.metadata,
      uid: `u${ordinal}`,
      ...(state === "ending" ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
    },
    status: {
      phase: state === "failed" ? "Failed" : isReady ? "Running" : "Pending",
      conditions: [{ type: "Ready", status: isReady ? "True" : "False" }],
    },
  };
};
const steps = (of: StatefulSet, states: readonly (readonly [number, State])[]) =>
  planStatefulSet({
    set: of,
    pods: states.map(([ordinal, state]) => pod(ordinal, state)),
    current: OLD,
    update: NEW,
    nowMs: NOW,
  }).actions.map((action) => {
    const { name, labels = {} } = action.pod.metadata;
    return `${action.kind} ${name} ${
      action.kind === "delete" ? action.why : labels["controller-revision-hash"]
    }`;
  });
const parallel = { podManagementPolicy: "Parallel" };
const partition = (value: number) => ({
  updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: value } },
});

describe("a StatefulSet of billions", () => {
  it("gets its pods in parts", () => {
    const created = steps(set({ ...parallel, replicas: 2 ** 31 - 1 }), [
      [0, "ready"],
      [2, "ready"],
    ]);
    expect(created).toHaveLength(500);
    expect(created.slice(0, 2)).toEqual(["create db-1 db-new", "create db-3 db-new"]);
    expect(steps(set({ replicas: 2 ** 31 - 1 }), [])).toEqual(["create db-0 db-new"]);
  });
});

describe("the next step of a StatefulSet", () => {
  it.each<[string, StatefulSet, readonly (readonly [number, State])[], string[]]>([
    ["begins with the first", set(), [], ["create db-0 db-new"]],
    ["waits for each, and for its claims", set(), [[0, "starting"]], ["claim db-0 db-new"]],
    ["goes on with the next", set(), [[0, "ready"]], ["create db-1 db-new"]],
    [
      "fills a gap first",
      set(),
      [
        [0, "ready"],
        [2, "ready"],
      ],
      ["create db-1 db-new"],
    ],
    [
      "waits for one that is going",
      set(),
      [
        [0, "ending"],
        [1, "ready"],
        [2, "ready"],
      ],
      [],
    ],
    ["makes a failed one anew", set(), [[0, "failed"]], ["delete db-0 ended"]],
    [
      "all at once, if so asked",
      set(parallel),
      [[1, "starting"]],
      ["create db-0 db-new", "claim db-1 db-new", "create db-2 db-new"],
    ],
    [
      "gives up the last first",
      set({ replicas: 1 }),
      [
        [0, "ready"],
        [1, "ready"],
        [2, "ready"],
      ],
      ["delete db-2 condemned"],
    ],
    [
      "does not scale down while another is not healthy",
      set({ replicas: 1 }),
      [
        [0, "starting"],
        [1, "ready"],
      ],
      ["claim db-0 db-new"],
    ],
    [
      "waits for a healthy end",
      set({ replicas: 1 }),
      [
        [0, "ready"],
        [1, "ready"],
        [2, "ending"],
      ],
      [],
    ],
    [
      "but gives up an unhealthy last one",
      set({ replicas: 1 }),
      [
        [0, "ready"],
        [1, "starting"],
      ],
      ["delete db-1 condemned"],
    ],
    [
      "parallel sets give up all",
      set({ ...parallel, replicas: 1 }),
      [
        [0, "ready"],
        [1, "ready"],
        [2, "ready"],
      ],
      ["delete db-2 condemned", "delete db-1 condemned"],
    ],
    [
      "updates the last first",
      set(),
      [
        [0, "old"],
        [1, "old"],
        [2, "old"],
      ],
      ["delete db-2 update"],
    ],
    [
      "one by one",
      set(),
      [
        [0, "old"],
        [1, "old"],
        [2, "starting"],
      ],
      ["claim db-2 db-new"],
    ],
    [
      "then the next",
      set(),
      [
        [0, "old"],
        [1, "old"],
        [2, "ready"],
      ],
      ["delete db-1 update"],
    ],
    [
      "down to the partition",
      set(partition(1)),
      [
        [0, "old"],
        [1, "ready"],
        [2, "ready"],
      ],
      [],
    ],
    [
      "and brings back the old version below it",
      set(partition(1)),
      [
        [1, "ready"],
        [2, "ready"],
      ],
      ["create db-0 db-old"],
    ],
    [
      "only by deletion, if so asked",
      set({ updateStrategy: { type: "OnDelete" } }),
      [
        [0, "old"],
        [1, "old"],
        [2, "old"],
      ],
      [],
    ],
    [
      "parallel sets update one by one too",
      set(parallel),
      [
        [0, "old"],
        [1, "old"],
        [2, "old"],
      ],
      ["delete db-2 update"],
    ],
    [
      "ordinals may begin later",
      set({ ordinals: { start: 5 }, replicas: 1 }),
      [[0, "ready"]],
      ["create db-5 db-new"],
    ],
  ])("%s", (_, of, states, expected) => {
    expect(steps(of, states)).toEqual(expected);
  });

  it("gives a pod its name and volumes back", () => {
    const made = pod(0, "ready");
    const changed: Pod = { ...made, spec: { containers: [], volumes: [] } };
    const { actions } = planStatefulSet({
      set: set({ replicas: 1 }),
      pods: [changed],
      current: NEW,
      update: NEW,
      nowMs: NOW,
    });
    expect(actions).toMatchObject([
      {
        kind: "repair",
        pod: { spec: { volumes: [{ persistentVolumeClaim: { claimName: "data-db-0" } }] } },
      },
    ]);
  });

  it("counts versions, and ends the update when all are new", () => {
    const status = (states: readonly (readonly [number, State])[]) =>
      planStatefulSet({
        set: set(),
        pods: states.map(([ordinal, state]) => pod(ordinal, state)),
        current: OLD,
        update: NEW,
        nowMs: NOW,
      }).status;
    expect(
      status([
        [0, "old"],
        [1, "oldStarting"],
        [2, "ready"],
      ]),
    ).toMatchObject({
      replicas: 3,
      readyReplicas: 2,
      currentReplicas: 2,
      updatedReplicas: 1,
      currentRevision: "db-old",
      updateRevision: "db-new",
    });
    expect(
      status([
        [0, "ready"],
        [1, "ready"],
        [2, "ready"],
      ]),
    ).toMatchObject({
      currentReplicas: 3,
      currentRevision: "db-new",
    });
  });
});

describe("the claims of a pod", () => {
  it("have the set's labels and the pod's name", () => {
    expect(claimsOf(set(), "db-1")).toMatchObject([
      { metadata: { name: "data-db-1", namespace: "default", labels: { app: "db", tier: "x" } } },
    ]);
  });
});
