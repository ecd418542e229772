import type { Descriptions } from "./descriptions.ts";

const R = "k8s.io.api.rbac.v1";
const N = "k8s.io.api.authentication.v1";
const Z = "k8s.io.api.authorization.v1";
const W = "k8s.io.api.networking.v1";

const object = {
  metadata: "Name, labels and the like.",
  spec: "What is wanted.",
  status: "What is known. Written by the system.",
};
const binding = {
  metadata: "Name, labels and the like.",
  subjects: "Who gets the rights.",
  roleRef: "The role that has the rights. It cannot be changed.",
};

export const access: Descriptions = {
  [`${R}.Role`]: {
    "": "Rights within a namespace.",
    metadata: "Name, labels and the like.",
    rules: "The rights.",
  },
  [`${R}.ClusterRole`]: {
    "": "Rights in the whole cluster, or in the namespaces of bindings that refer to it.",
    metadata: "Name, labels and the like.",
    rules: "The rights.",
    aggregationRule: "Takes the rules from other ClusterRoles.",
  },
  [`${R}.RoleBinding`]: { "": "Gives rights within a namespace.", ...binding },
  [`${R}.ClusterRoleBinding`]: { "": "Gives rights in the whole cluster.", ...binding },
  [`${R}.PolicyRule`]: {
    "": "Verbs that are allowed on resources or paths.",
    verbs: "The verbs; * for all of them.",
    apiGroups: "API groups of the resources; empty text for core, * for all of them.",
    resources: "The resources, for instance pods or pods/log; * for all of them.",
    resourceNames: "Names of single objects; all of them unless set.",
    nonResourceURLs: "Paths outside of the API, which may end in *; for ClusterRoles only.",
  },
  [`${R}.Subject`]: {
    "": "Someone who gets rights.",
    kind: "User, Group or ServiceAccount.",
    apiGroup: "Group of the kind; empty for ServiceAccount.",
    name: "The name.",
    namespace: "The namespace of a ServiceAccount.",
  },
  [`${R}.RoleRef`]: {
    "": "Names a role.",
    apiGroup: "rbac.authorization.k8s.io.",
    kind: "Role or ClusterRole.",
    name: "The role's name.",
  },
  [`${N}.TokenReview`]: { "": "Asks whose token it is.", ...object },
  [`${N}.TokenRequest`]: { "": "Asks for a token of a service account.", ...object },
  [`${N}.SelfSubjectReview`]: {
    "": "Asks who the caller is.",
    metadata: "Name, labels and the like.",
    status: "The answer.",
  },
  [`${Z}.SubjectAccessReview`]: { "": "Asks whether someone may do something.", ...object },
  [`${Z}.SelfSubjectAccessReview`]: { "": "Asks whether the caller may do something.", ...object },
  [`${Z}.SelfSubjectRulesReview`]: { "": "Asks what the caller may do in a namespace.", ...object },
  [`${W}.Ingress`]: { "": "Leads HTTP traffic from outside to Services.", ...object },
  [`${W}.NetworkPolicy`]: {
    "": "Says which traffic pods may have.",
    metadata: "Name, labels and the like.",
    spec: "The rules.",
  },
};
