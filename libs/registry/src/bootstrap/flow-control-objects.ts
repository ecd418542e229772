/**
 * How the apiserver shares itself out from its first moment.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/apis/flowcontrol/bootstrap/default.go @1.36
 */
import type {
  FlowSchema,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  PriorityLevelConfiguration,
  ResourcePolicyRule,
  Subject,
} from "@kubets/api/flowcontrol/v1";

const API_VERSION = "flowcontrol.apiserver.k8s.io/v1";
const AUTOUPDATE = "apf.kubernetes.io/autoupdate-spec";

const anything: Pick<PolicyRulesWithSubjects, "resourceRules" | "nonResourceRules"> = {
  resourceRules: [
    { verbs: ["*"], apiGroups: ["*"], resources: ["*"], namespaces: ["*"], clusterScope: true },
  ],
  nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
};

/** Those that the server cannot do without: their specs are put right when somebody changes them. */
export const mandatoryPriorityLevels = [
  level("exempt", {
    type: "Exempt",
    exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 },
  }),
  level("catch-all", {
    type: "Limited",
    limited: {
      nominalConcurrencyShares: 5,
      lendablePercent: 0,
      limitResponse: { type: "Reject" },
    },
  }),
];

export const suggestedPriorityLevels = [
  queued("system", { shares: 30, lendable: 33, queues: 64, hand: 6 }),
  queued("node-high", { shares: 40, lendable: 25, queues: 64, hand: 6 }),
  queued("leader-election", { shares: 10, lendable: 0, queues: 16, hand: 4 }),
  queued("workload-high", { shares: 40, lendable: 50, queues: 128, hand: 6 }),
  queued("workload-low", { shares: 100, lendable: 90, queues: 128, hand: 6 }),
  queued("global-default", { shares: 20, lendable: 50, queues: 128, hand: 6 }),
];

const everybody = groups("system:unauthenticated", "system:authenticated");

export const mandatoryFlowSchemas = [
  schema("exempt", "exempt", 1, undefined, {
    subjects: groups("system:masters"),
    ...anything,
  }),
  schema("catch-all", "catch-all", 10_000, "ByUser", { subjects: everybody, ...anything }),
];

const leases = (verbs: string[]) => rules(verbs, ["coordination.k8s.io"], ["leases"]);
const elect = ["get", "create", "update"];

export const suggestedFlowSchemas = [
  schema("probes", "exempt", 2, undefined, {
    subjects: everybody,
    nonResourceRules: [paths(["get"], ["/healthz", "/readyz", "/livez"])],
  }),
  schema("system-leader-election", "leader-election", 100, "ByUser", {
    subjects: [
      ...users("system:kube-controller-manager", "system:kube-scheduler"),
      ...systemAccounts("*"),
    ],
    resourceRules: [leases(elect)],
  }),
  schema("endpoint-controller", "workload-high", 150, "ByUser", {
    subjects: [
      ...users("system:kube-controller-manager"),
      ...systemAccounts("endpoint-controller", "endpointslicemirroring-controller"),
    ],
    resourceRules: [rules(elect, [""], ["endpoints"])],
  }),
  schema("workload-leader-election", "leader-election", 200, "ByUser", {
    subjects: systemAccounts("*"),
    resourceRules: [leases(elect)],
  }),
  schema("system-node-high", "node-high", 400, "ByUser", {
    subjects: groups("system:nodes"),
    resourceRules: [
      { ...rules(["*"], [""], ["nodes", "nodes/status"]), clusterScope: true },
      leases(["*"]),
    ],
  }),
  schema("system-nodes", "system", 500, "ByUser", {
    subjects: groups("system:nodes"),
    ...anything,
  }),
  schema("kube-controller-manager", "workload-high", 800, "ByNamespace", {
    subjects: users("system:kube-controller-manager"),
    ...anything,
  }),
  schema("kube-scheduler", "workload-high", 800, "ByNamespace", {
    subjects: users("system:kube-scheduler"),
    ...anything,
  }),
  schema("kube-system-service-accounts", "workload-high", 900, "ByNamespace", {
    subjects: systemAccounts("*"),
    ...anything,
  }),
  schema("service-accounts", "workload-low", 9000, "ByUser", {
    subjects: groups("system:serviceaccounts"),
    ...anything,
  }),
  schema("global-default", "global-default", 9900, "ByUser", {
    subjects: everybody,
    ...anything,
  }),
];

function level(
  name: string,
  spec: NonNullable<PriorityLevelConfiguration["spec"]>,
): PriorityLevelConfiguration {
  return {
    apiVersion: API_VERSION,
    kind: "PriorityLevelConfiguration",
    metadata: { name, annotations: { [AUTOUPDATE]: "true" } },
    spec,
  };
}

function queued(
  name: string,
  of: { shares: number; lendable: number; queues: number; hand: number },
): PriorityLevelConfiguration {
  return level(name, {
    type: "Limited",
    limited: {
      nominalConcurrencyShares: of.shares,
      lendablePercent: of.lendable,
      limitResponse: {
        type: "Queue",
        queuing: { queues: of.queues, handSize: of.hand, queueLengthLimit: 50 },
      },
    },
  });
}

function schema(
  name: string,
  priorityLevel: string,
  matchingPrecedence: number,
  distinguisher: "ByUser" | "ByNamespace" | undefined,
  rule: PolicyRulesWithSubjects,
): FlowSchema {
  return {
    apiVersion: API_VERSION,
    kind: "FlowSchema",
    metadata: { name, annotations: { [AUTOUPDATE]: "true" } },
    spec: {
      priorityLevelConfiguration: { name: priorityLevel },
      matchingPrecedence,
      ...(distinguisher && { distinguisherMethod: { type: distinguisher } }),
      rules: [rule],
    },
  };
}

function rules(verbs: string[], apiGroups: string[], resources: string[]): ResourcePolicyRule {
  return { verbs, apiGroups, resources, namespaces: ["*"] };
}

function paths(verbs: string[], nonResourceURLs: string[]): NonResourcePolicyRule {
  return { verbs, nonResourceURLs };
}

function groups(...names: string[]): Subject[] {
  return names.map((name) => ({ kind: "Group", group: { name } }));
}

function users(...names: string[]): Subject[] {
  return names.map((name) => ({ kind: "User", user: { name } }));
}

function systemAccounts(...names: string[]): Subject[] {
  return names.map((name) => ({
    kind: "ServiceAccount",
    serviceAccount: { namespace: "kube-system", name },
  }));
}
