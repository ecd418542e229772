/** Evictions with and without budgets in the way. */
import type { Exchange, JsonMap, Suite } from "../exchange.ts";

const pods = "/api/v1/namespaces/{ns}/pods";
const budgets = "/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets";

const pod = (name: string, app: string): Exchange => ({
  do: `POST ${pods}`,
  quiet: true,
  body: {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app } },
    spec: { nodeName: "n1", containers: [{ name: "c", image: "i" }] },
  },
});

/** A pod that runs and is ready. */
const ready = (name: string): Exchange => ({
  do: `PATCH ${pods}/${name}/status`,
  patch: "strategic",
  quiet: true,
  body: { status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] } },
});

const budget = (name: string, app: string, spec: JsonMap): Exchange => ({
  do: `POST ${budgets}`,
  quiet: true,
  body: {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name },
    spec: { selector: { matchLabels: { app } }, ...spec },
  },
});

const allowed = (name: string, status: JsonMap): Exchange => ({
  do: `PATCH ${budgets}/${name}/status`,
  patch: "merge",
  quiet: true,
  body: { status },
});

const evict = (name: string, more: JsonMap = {}, query = ""): Exchange => ({
  do: `POST ${pods}/${name}/eviction${query}`,
  body: {
    apiVersion: "policy/v1",
    kind: "Eviction",
    metadata: { name, namespace: "{ns}" },
    ...more,
  },
});

export const evictionSuite: Suite = {
  name: "evictions",
  objects: {},
  exchanges: [
    pod("free", "free"),
    evict("free", {}, "?dryRun=All"),
    evict("free", { deleteOptions: { dryRun: ["All"] } }),
    evict("free", { deleteOptions: { preconditions: { uid: "other" } } }),
    evict("free", { deleteOptions: { preconditions: { resourceVersion: "1" } } }),
    evict("free", { deleteOptions: { gracePeriodSeconds: -1 } }),
    evict("free", { deleteOptions: { propagationPolicy: "Wrong" } }),
    evict("free", { deleteOptions: { orphanDependents: true, propagationPolicy: "Orphan" } }),
    { ...evict("free"), body: { apiVersion: "policy/v1", kind: "Eviction" } },
    {
      ...evict("free"),
      body: { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "other" } },
    },
    {
      ...evict("free"),
      body: { apiVersion: "policy/v1", kind: "Other", metadata: { name: "free" } },
    },
    {
      ...evict("free"),
      body: {
        apiVersion: "policy/v1",
        kind: "Eviction",
        metadata: { name: "free", namespace: "elsewhere" },
      },
    },
    { ...evict("free"), body: {} },
    evict("missing"),
    evict("free"),
    { do: `GET ${pods}/free` },
    evict("free"),

    pod("guarded", "guarded"),
    ready("guarded"),
    budget("guarded", "guarded", { minAvailable: 1 }),
    evict("guarded"),
    allowed("guarded", {
      observedGeneration: 1,
      disruptionsAllowed: 0,
      currentHealthy: 1,
      desiredHealthy: 1,
      expectedPods: 1,
    }),
    evict("guarded"),
    evict("guarded", {}, "?dryRun=All"),
    allowed("guarded", { observedGeneration: 0, disruptionsAllowed: 1 }),
    evict("guarded"),
    allowed("guarded", {
      observedGeneration: 1,
      disruptionsAllowed: 1,
      currentHealthy: 2,
      desiredHealthy: 1,
      expectedPods: 2,
    }),
    evict("guarded", {}, "?dryRun=All"),
    evict("guarded"),
    { do: `GET ${budgets}/guarded` },

    pod("unready", "unready"),
    budget("unready", "unready", { minAvailable: 1 }),
    allowed("unready", {
      observedGeneration: 1,
      disruptionsAllowed: 0,
      currentHealthy: 0,
      desiredHealthy: 1,
      expectedPods: 1,
    }),
    evict("unready"),
    {
      do: `PATCH ${pods}/unready/status`,
      patch: "strategic",
      quiet: true,
      body: { status: { phase: "Running", conditions: [{ type: "Ready", status: "False" }] } },
    },
    evict("unready"),
    {
      do: `PATCH ${budgets}/unready`,
      patch: "merge",
      quiet: true,
      body: { spec: { unhealthyPodEvictionPolicy: "AlwaysAllow" } },
    },
    evict("unready"),

    pod("twice", "twice"),
    ready("twice"),
    budget("twice-a", "twice", { minAvailable: 1 }),
    budget("twice-b", "twice", { maxUnavailable: 1 }),
    evict("twice"),

    pod("done", "done"),
    {
      do: `PATCH ${pods}/done/status`,
      patch: "merge",
      quiet: true,
      body: { status: { phase: "Succeeded" } },
    },
    budget("done", "done", { minAvailable: 1 }),
    evict("done"),
    { do: `GET ${budgets}`, accept: "application/json;as=Table;v=v1;g=meta.k8s.io" },
  ],
};
