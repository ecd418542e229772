/** The flags, checked against each other, with the files they name read. Throws FlagError. */
import { readFileSync } from "node:fs";
import {
  readSigningKey,
  readVerificationKeys,
  type SigningKey,
  type TokenKey,
} from "@kubets/authn";
import { FlagError } from "@kubets/service";
import type { ApiserverConfig } from "./flags.ts";

export interface Settings {
  readonly config: ApiserverConfig;
  /** PEM texts. */
  readonly servingCertificate: string;
  readonly servingKey: string;
  readonly clientCa: string | undefined;
  readonly requestHeaderCa: string | undefined;
  readonly kubeletTls: {
    readonly certificate?: string;
    readonly key?: string;
    readonly authority?: string;
  };
  readonly tokenFile: { readonly path: string; readonly text: string } | undefined;
  readonly signingKey: SigningKey | undefined;
  readonly tokenKeys: readonly TokenKey[];
  /** Who tokens must be meant for. */
  readonly audiences: readonly string[];
  readonly nats: { readonly servers: readonly string[]; readonly token?: string } | undefined;
}

const etcdFlags = [
  "etcd-servers",
  "etcd-cafile",
  "etcd-certfile",
  "etcd-keyfile",
  "etcd-prefix",
  "etcd-compaction-interval",
] as const;

export function readSettings(config: ApiserverConfig): Settings {
  const etcd = etcdFlags.find((name) => config[name].length > 0);
  if (etcd !== undefined) {
    throw new FlagError(
      `--${etcd}: there is no etcd here, all state is in Postgres: use --database-url`,
    );
  }
  const signingKey = readKey("service-account-signing-key-file", config, readSigningKey);
  const keyFiles = config["service-account-key-file"];
  const tokenKeys = keyFiles.flatMap((path) =>
    parsed("service-account-key-file", readFile("service-account-key-file", path), (pem) =>
      readVerificationKeys(pem),
    ),
  );
  if (signingKey !== undefined && tokenKeys.length === 0) tokenKeys.push(signingKey);
  const issuers = config["service-account-issuer"];
  if (tokenKeys.length > 0 && issuers.length === 0) {
    throw new FlagError(
      "--service-account-issuer is required with keys for service account tokens",
    );
  }
  const audiences = config["api-audiences"].length > 0 ? config["api-audiences"] : issuers;
  const kubeletCertificate = optionalFile("kubelet-client-certificate", config);
  const kubeletKey = optionalFile("kubelet-client-key", config);
  const kubeletAuthority = optionalFile("kubelet-certificate-authority", config);
  const tokenPath = config["token-auth-file"];
  return {
    config,
    servingCertificate: requiredFile("tls-cert-file", config),
    servingKey: requiredFile("tls-private-key-file", config),
    clientCa: optionalFile("client-ca-file", config),
    requestHeaderCa: optionalFile("requestheader-client-ca-file", config),
    kubeletTls: {
      ...(kubeletCertificate === undefined ? {} : { certificate: kubeletCertificate }),
      ...(kubeletKey === undefined ? {} : { key: kubeletKey }),
      ...(kubeletAuthority === undefined ? {} : { authority: kubeletAuthority }),
    },
    tokenFile:
      tokenPath === ""
        ? undefined
        : { path: tokenPath, text: readFile("token-auth-file", tokenPath) },
    signingKey,
    tokenKeys,
    audiences,
    nats: natsSettings(config),
  };
}

type FileFlag =
  | "tls-cert-file"
  | "tls-private-key-file"
  | "client-ca-file"
  | "requestheader-client-ca-file"
  | "kubelet-client-certificate"
  | "kubelet-client-key"
  | "kubelet-certificate-authority"
  | "service-account-signing-key-file";

function requiredFile(name: FileFlag, config: ApiserverConfig): string {
  const path = config[name];
  if (path === "") throw new FlagError(`--${name} is required`);
  return readFile(name, path);
}

function optionalFile(name: FileFlag, config: ApiserverConfig): string | undefined {
  return config[name] === "" ? undefined : readFile(name, config[name]);
}

function readKey<T>(
  name: FileFlag,
  config: ApiserverConfig,
  parse: (pem: string) => T,
): T | undefined {
  const text = optionalFile(name, config);
  return text === undefined ? undefined : parsed(name, text, parse);
}

function readFile(flag: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new FlagError(`--${flag}: cannot read ${path}`, { cause: error });
  }
}

function parsed<T>(flag: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (error) {
    throw new FlagError(`--${flag}: the file has no usable content`, { cause: error });
  }
}

function natsSettings(config: ApiserverConfig): Settings["nats"] {
  const path = config["nats-config"];
  if (path === "") {
    const servers = config["nats-servers"];
    return servers.length === 0 ? undefined : { servers };
  }
  const value: unknown = parsed("nats-config", readFile("nats-config", path), (text) =>
    JSON.parse(text),
  );
  if (typeof value !== "object" || value === null || !("servers" in value)) {
    throw new FlagError('--nats-config: the file must be {"servers": [...], "token": "..."}');
  }
  const { servers } = value;
  const token: unknown = Reflect.get(value, "token");
  if (!Array.isArray(servers) || !servers.every((server) => typeof server === "string")) {
    throw new FlagError("--nats-config: servers must be a list of texts");
  }
  return { servers, ...(typeof token === "string" ? { token } : {}) };
}
