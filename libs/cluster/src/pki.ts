/** The cluster's certificates and keys, made once when it comes up: one certificate for each component, least rights. */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  type CertificateAuthority,
  type Clock,
  createCertificateAuthority,
  createServiceAccountKey,
  issueCertificate,
  readPem,
  writePem,
} from "@kubets/service";
import { type ClusterSpec, hostAddress, type NodeSpec, REPLICAS_MAX } from "./cluster-spec.ts";

/** A component's identity and how others may call it. */
export interface CertificateRequest {
  /** The file name without its ending. */
  readonly file: string;
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly usages: readonly ("server" | "client")[];
  /** Host names and addresses; for serving certificates. */
  readonly names: readonly string[];
}

export const CA_FILE = "ca";
/** Upstream's add-on has a ServiceAccount; ours runs outside the cluster's pods. */
export const DNS_USER = "system:coredns";

const client = (file: string, commonName: string, ...organizations: string[]) =>
  ({ file, commonName, organizations, usages: ["client"], names: [] }) as const;

/** A kubelet's certificate as a client, and the one it serves with. */
export function nodeCertificateRequests(
  node: Pick<NodeSpec, "name" | "address">,
): CertificateRequest[] {
  return [
    client(`kubelet-${node.name}`, `system:node:${node.name}`, "system:nodes"),
    {
      file: `kubelet-${node.name}-serving`,
      commonName: `system:node:${node.name}`,
      organizations: ["system:nodes"],
      usages: ["server"],
      names: [node.name, node.address, "localhost"],
    },
  ];
}

export const proxyCertificateRequest: CertificateRequest = client("proxy", "system:kube-proxy");

/** The certificates upstream's kubeadm makes, with the same subjects. */
export function certificateRequests(
  spec: Pick<ClusterSpec, "network" | "nodes">,
): CertificateRequest[] {
  const firstServiceAddress = spec.network.serviceCidr.replace(/\.0\/\d+$/, ".1");
  return [
    {
      file: "apiserver",
      commonName: "kube-apiserver",
      organizations: [],
      usages: ["server"],
      names: [
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
        "localhost",
        ...(spec.network.gateway === "127.0.0.1" ? [] : ["127.0.0.1"]),
        "::1",
        firstServiceAddress,
        // Of every replica there may ever be: more of them later need no new certificate.
        ...Array.from({ length: REPLICAS_MAX + 1 }, (_, index) => hostAddress(spec.network, index)),
      ],
    },
    client("apiserver-kubelet-client", "kube-apiserver-kubelet-client", "kubeadm:cluster-admins"),
    client("scheduler", "system:kube-scheduler"),
    client("controller-manager", "system:kube-controller-manager"),
    proxyCertificateRequest,
    client("dns", DNS_USER),
    client("admin", "kubernetes-admin", "system:masters"),
    ...spec.nodes.flatMap(nodeCertificateRequests),
  ];
}

/** Writes what is missing below `folder`; what is there stays, so a stopped cluster keeps its identity. */
export async function writePki(
  folder: string,
  requests: readonly CertificateRequest[],
  clock: Clock,
): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = (file: string) => join(folder, file);
  const authority = await keepAuthority(path(CA_FILE), "kubernetes", clock);
  if (!existsSync(path("service-accounts.key"))) {
    const pair = createServiceAccountKey();
    await writePem(path("service-accounts.pub"), pair.publicKey);
    await writePem(path("service-accounts.key"), pair.privateKey);
  }
  await Promise.all(requests.map((request) => keepCertificate(folder, authority, request, clock)));
}

/** Issues what is not there yet. */
export async function keepCertificate(
  folder: string,
  authority: CertificateAuthority,
  { file, commonName, organizations, usages, names }: CertificateRequest,
  clock: Clock,
): Promise<void> {
  const path = join(folder, file);
  if (existsSync(`${path}.key`)) return;
  const issued = await issueCertificate({
    ca: authority,
    commonName,
    organizations,
    usages,
    sans: names,
    clock,
  });
  await writePem(`${path}.crt`, issued.certificate);
  await writePem(`${path}.key`, issued.key);
}

export async function keepAuthority(
  path: string,
  commonName: string,
  clock: Clock,
): Promise<CertificateAuthority> {
  if (existsSync(`${path}.key`)) {
    return { certificate: await readPem(`${path}.crt`), key: await readPem(`${path}.key`) };
  }
  const authority = await createCertificateAuthority({ commonName, clock });
  await writePem(`${path}.crt`, authority.certificate);
  await writePem(`${path}.key`, authority.key);
  return authority;
}
