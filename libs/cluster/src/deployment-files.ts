/**
 * What an init service makes once for a cluster of containers: one folder for each component with its certificate and
 * nothing else, so that each can be a volume of its own. What is there stays.
 */
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type Clock, createServiceAccountKey, writePem } from "@kubets/service";
import { dump } from "js-yaml";
import { networkAt } from "./cluster-spec.ts";
import { withEntry } from "./kubeconfig.ts";
import {
  CA_FILE,
  type CertificateRequest,
  certificateRequests,
  keepAuthority,
  keepCertificate,
} from "./pki.ts";

export interface DeploymentFilesOptions {
  readonly folder: string;
  /** Names and addresses under which clients reach the apiservers. */
  readonly serverNames: readonly string[];
  readonly serviceCidr: string;
  /** The URL in the administrator's kubeconfig. */
  readonly server: string;
  readonly natsUrl: string;
  /** Who owns the services' folders; the authority's stays root's. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/** Whom Prometheus' images run as. */
const NOBODY = { uid: 65_534, gid: 65_534 };

/** Which component gets which certificates. A node makes its own, with the authority. */
const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  apiserver: ["apiserver", "apiserver-kubelet-client"],
  scheduler: ["scheduler"],
  "controller-manager": ["controller-manager"],
  dns: ["dns"],
  monitoring: ["monitoring"],
  admin: ["admin"],
};

/** Folders below `folder`: authority, postgres, nats and one for each component. */
export async function writeDeploymentFiles(
  options: DeploymentFilesOptions,
  clock: Clock,
): Promise<void> {
  const { folder, owner } = options;
  const make = (name: string) => {
    const path = join(folder, name);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    chmodSync(path, 0o700);
    return path;
  };
  const authorityFolder = make("authority");
  const authority = await keepAuthority(join(authorityFolder, CA_FILE), "kubernetes", clock);
  const requests = deploymentCertificates(options.serverNames, options.serviceCidr);
  for (const [component, files] of Object.entries(FOLDERS)) {
    const path = make(component);
    copyFileSync(join(authorityFolder, `${CA_FILE}.crt`), join(path, `${CA_FILE}.crt`));
    for (const request of requests.filter(({ file }) => files.includes(file))) {
      await keepCertificate(path, authority, request, clock);
    }
  }
  await writeServiceAccountKey(join(folder, "apiserver"));
  writeSecrets(folder, make("postgres"), make("nats"), options.natsUrl);
  writeAdminKubeconfig(join(folder, "admin"), options.server);
  if (owner === undefined) return;
  for (const component of Object.keys(FOLDERS)) {
    giveTo(join(folder, component), component === "monitoring" ? NOBODY : owner);
  }
}

function deploymentCertificates(
  serverNames: readonly string[],
  serviceCidr: string,
): CertificateRequest[] {
  const network = { ...networkAt(0, "simulated"), serviceCidr };
  const requests = certificateRequests({ network, nodes: [] }).map((request) =>
    request.file === "apiserver"
      ? { ...request, names: [...new Set([...request.names, ...serverNames])] }
      : request,
  );
  const known = requests.map(({ file }) => file);
  return [...requests, ...ADDITIONAL.filter(({ file }) => !known.includes(file))];
}

const ADDITIONAL: readonly CertificateRequest[] = [
  {
    file: "monitoring",
    commonName: "monitoring",
    organizations: ["system:monitoring"],
    usages: ["client"],
    names: [],
  },
];

async function writeServiceAccountKey(folder: string): Promise<void> {
  if (existsSync(join(folder, "service-accounts.key"))) return;
  const pair = createServiceAccountKey();
  await writePem(join(folder, "service-accounts.pub"), pair.publicKey);
  await writePem(join(folder, "service-accounts.key"), pair.privateKey);
}

/** The passwords that services share with Postgres and NATS. */
function writeSecrets(folder: string, postgres: string, nats: string, natsUrl: string): void {
  const password = keptSecret(join(postgres, "password"));
  writeFileSync(join(folder, "apiserver", "postgres-password"), password, { mode: 0o600 });
  const token = keptSecret(join(nats, "token"));
  const client = { servers: [natsUrl], token };
  writeFileSync(join(folder, "apiserver", "nats-client.json"), JSON.stringify(client), {
    mode: 0o600,
  });
  const server = [
    "port: 4222",
    "http_port: 8222",
    `authorization { token: "${token}" }`,
    "max_payload: 65536",
    "",
  ].join("\n");
  // The images of Postgres and NATS have users of their own; nobody else mounts these folders.
  writeFileSync(join(nats, "nats.conf"), server, { mode: 0o644 });
  chmodSync(join(postgres, "password"), 0o644);
  chmodSync(postgres, 0o755);
  chmodSync(nats, 0o755);
}

function keptSecret(file: string): string {
  if (existsSync(file)) return readFileSync(file, "utf8");
  const secret = randomBytes(24).toString("base64url");
  writeFileSync(file, secret, { mode: 0o600 });
  return secret;
}

function writeAdminKubeconfig(folder: string, server: string): void {
  const read = (file: string) => readFileSync(join(folder, file), "utf8");
  const document = withEntry(
    {},
    {
      name: "kubets-compose",
      server,
      certificateAuthorityPem: read("ca.crt"),
      clientCertificatePem: read("admin.crt"),
      clientKeyPem: read("admin.key"),
    },
  );
  writeFileSync(join(folder, "kubeconfig"), dump(document, { lineWidth: -1 }), { mode: 0o600 });
}

function giveTo(
  folder: string,
  { uid, gid }: { readonly uid: number; readonly gid: number },
): void {
  chownSync(folder, uid, gid);
  for (const entry of readdirSync(folder)) chownSync(join(folder, entry), uid, gid);
}
