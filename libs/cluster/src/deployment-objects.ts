/** What a cluster of containers needs in its API before its services can work: who may what, and the Service of the DNS. */
import { networkAt } from "./cluster-spec.ts";
import { dnsAddon } from "./dns-addon.ts";
import { DNS_USER } from "./pki.ts";

const NAMESPACE = "kube-system";
const RBAC = "rbac.authorization.k8s.io";
const DISCOVERY = "discovery.k8s.io";

export interface PlacedObject {
  readonly path: string;
  readonly object: object;
}

export function deploymentObjects(dnsAddress: string): PlacedObject[] {
  const { role, binding, service, slice } = addon(dnsAddress);
  return [
    { path: `/apis/${RBAC}/v1/clusterroles/${role.metadata.name}`, object: role },
    { path: `/apis/${RBAC}/v1/clusterrolebindings/${binding.metadata.name}`, object: binding },
    {
      path: `/api/v1/namespaces/${NAMESPACE}/services/${service.metadata.name}`,
      object: service,
    },
    // Its replicas say themselves where they are.
    ...grant(
      "kubets:dns-endpoints",
      [{ kind: "User", name: DNS_USER }],
      [
        {
          apiGroups: [DISCOVERY],
          resources: ["endpointslices"],
          resourceNames: [slice.metadata.name],
          verbs: ["patch"],
        },
        { apiGroups: [DISCOVERY], resources: ["endpointslices"], verbs: ["create"] },
      ],
      NAMESPACE,
    ),
    // Everything else about metrics the group may by upstream's own rules.
    ...grant(
      "kubets:monitoring",
      [{ kind: "Group", name: "system:monitoring" }],
      [{ apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] }],
    ),
  ];
}

const addon = (dnsAddress: string) =>
  dnsAddon({ network: { ...networkAt(0, "containerd"), dnsAddress } });

/** A role with these rules, in a namespace or in all, and its binding to these subjects. */
function grant(
  name: string,
  subjects: readonly { readonly kind: "User" | "Group"; readonly name: string }[],
  rules: readonly object[],
  namespace?: string,
): PlacedObject[] {
  const prefix = namespace === undefined ? "Cluster" : "";
  const role = `${prefix}Role`;
  const binding = `${prefix}RoleBinding`;
  const folder = `/apis/${RBAC}/v1${namespace === undefined ? "" : `/namespaces/${namespace}`}`;
  const head = {
    apiVersion: `${RBAC}/v1`,
    metadata: { name, ...(namespace ? { namespace } : {}) },
  };
  return [
    { path: `${folder}/${role.toLowerCase()}s/${name}`, object: { ...head, kind: role, rules } },
    {
      path: `${folder}/${binding.toLowerCase()}s/${name}`,
      object: {
        ...head,
        kind: binding,
        roleRef: { apiGroup: RBAC, kind: role, name },
        subjects: subjects.map((subject) => ({ apiGroup: RBAC, ...subject })),
      },
    },
  ];
}
