/** The whole apiserver as its flags make it, on the in-memory model of the store. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CertificateAuthority,
  createCertificateAuthority,
  createServiceAccountKey,
  HealthChecks,
  issueCertificate,
  Metrics,
  parseFlags,
  RunnableGroup,
  silentLogger,
  systemClock,
} from "@kubets/service";
import { createMemoryStorage } from "@kubets/storage";
import { type Apiserver, buildApiserver } from "../build-apiserver.ts";
import { flags } from "../flags.ts";
import { readSettings } from "../settings.ts";

export interface TestIdentity {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface TestApiserver {
  readonly apiserver: Apiserver;
  readonly url: string;
  /** A client certificate. */
  identity(commonName: string, organizations?: readonly string[]): Promise<TestIdentity>;
  stop(): Promise<void>;
}

const clock = systemClock;

export async function startTestApiserver(args: readonly string[] = []): Promise<TestApiserver> {
  const folder = mkdtempSync(join(tmpdir(), "kubets-apiserver-"));
  const ca = await createCertificateAuthority({ commonName: "test-ca", clock });
  const fileFlags = await writeFiles(folder, ca);
  const parsed = parseFlags({ name: "kube-apiserver", description: "", flags }, [
    "--bind-address=127.0.0.1",
    "--advertise-address=192.0.2.1",
    "--secure-port=0",
    "--grpc-port=0",
    "--service-account-issuer=https://kubernetes.default.svc",
    ...fileFlags,
    ...args,
  ]);
  if (parsed.action !== "run") throw new Error(parsed.text);
  const storage = createMemoryStorage();
  const opened = {
    storage,
    runnable: { name: "storage", start: () => Promise.resolve(), stop: () => storage.close() },
  };
  const context = {
    clock,
    logger: silentLogger,
    metrics: new Metrics(),
    health: new HealthChecks({ clock }),
  };
  const apiserver = buildApiserver(readSettings(parsed.values), opened, context);
  const group = new RunnableGroup(apiserver.runnables, { clock, logger: silentLogger });
  await group.start(new AbortController().signal);
  return {
    apiserver,
    url: `https://127.0.0.1:${apiserver.rest.port}`,
    identity: async (commonName, organizations = []) => {
      const issued = await issueCertificate({
        ca,
        commonName,
        organizations,
        usages: ["client"],
        clock,
      });
      return { ca: ca.certificate, cert: issued.certificate, key: issued.key };
    },
    stop: async () => {
      await group.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

async function writeFiles(folder: string, ca: CertificateAuthority): Promise<string[]> {
  const serving = await issueCertificate({
    ca,
    commonName: "kube-apiserver",
    sans: ["127.0.0.1", "localhost"],
    usages: ["server"],
    clock,
  });
  const accounts = await createServiceAccountKey();
  const files = {
    "client-ca-file": ca.certificate,
    "tls-cert-file": serving.certificate,
    "tls-private-key-file": serving.key,
    "service-account-signing-key-file": accounts.privateKey,
  };
  return Object.entries(files).map(([flag, text]) => {
    const path = join(folder, flag);
    writeFileSync(path, text);
    return `--${flag}=${path}`;
  });
}
