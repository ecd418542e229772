import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  systemClock as clock,
  createCertificateAuthority,
  createServiceAccountKey,
  issueCertificate,
} from "@kubets/service";

export interface ClientIdentity {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** What all apiservers of a cluster share, and the identity of its administrator. */
export interface ClusterFiles {
  readonly args: readonly string[];
  readonly admin: ClientIdentity;
  remove(): void;
}

export async function makeClusterFiles(): Promise<ClusterFiles> {
  const folder = mkdtempSync(join(tmpdir(), "kubets-replicas-"));
  const ca = await createCertificateAuthority({ commonName: "test-ca", clock });
  const serving = await issueCertificate({
    ca,
    commonName: "kube-apiserver",
    sans: ["127.0.0.1", "localhost"],
    usages: ["server"],
    clock,
  });
  const admin = await issueCertificate({
    ca,
    commonName: "admin",
    organizations: ["system:masters"],
    usages: ["client"],
    clock,
  });
  const accounts = await createServiceAccountKey();
  const files = {
    "client-ca-file": ca.certificate,
    "tls-cert-file": serving.certificate,
    "tls-private-key-file": serving.key,
    "service-account-signing-key-file": accounts.privateKey,
  };
  const args = Object.entries(files).map(([flag, text]) => {
    const path = join(folder, flag);
    writeFileSync(path, text, { mode: 0o600 });
    return `--${flag}=${path}`;
  });
  return {
    args: [...args, "--service-account-issuer=https://kubernetes.default.svc"],
    admin: { ca: ca.certificate, cert: admin.certificate, key: admin.key },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
