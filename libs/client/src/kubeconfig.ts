/**
 * Reads a kubeconfig file: which server, whom to trust, who we are. Exec plugins, auth providers and
 * proxies are refused.
 *
 * Upstream: client-go tools/clientcmd/api/v1/types.go @1.36
 */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { load } from "js-yaml";
import type { TlsOptions } from "./http2/tls-options.ts";

export interface ClientConfig {
  /** `https://host:port`, without a path. */
  readonly server: string;
  readonly tls: TlsOptions;
  /** Sent as a bearer token. */
  readonly token?: string;
  /** Read again for each connection, since service account tokens are renewed. */
  readonly tokenFile?: string;
  /** Of the context; default "default". */
  readonly namespace: string;
  readonly context: string;
}

export class KubeconfigError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "KubeconfigError";
  }
}

/** `context`: default the file's current context. Paths in the file are relative to it. Throws KubeconfigError. */
export async function loadKubeconfig(path: string, context?: string): Promise<ClientConfig> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new KubeconfigError(`cannot read the kubeconfig ${path}`, { cause });
  }
  const plan = parseKubeconfig(text, context);
  const folder = dirname(path);
  const read = async (file: string | undefined) => {
    if (file === undefined) return undefined;
    try {
      return await readFile(resolve(folder, file), "utf8");
    } catch (cause) {
      throw new KubeconfigError(`cannot read ${file}, which ${path} names`, { cause });
    }
  };
  const ca = plan.ca ?? (await read(plan.caFile));
  const cert = plan.cert ?? (await read(plan.certFile));
  const key = plan.key ?? (await read(plan.keyFile));
  return {
    server: plan.server,
    context: plan.context,
    namespace: plan.namespace,
    ...(plan.token === undefined ? {} : { token: plan.token }),
    ...(plan.tokenFile === undefined ? {} : { tokenFile: resolve(folder, plan.tokenFile) }),
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(plan.serverName === undefined ? {} : { serverName: plan.serverName }),
      ...(plan.insecureSkipVerify ? { insecureSkipVerify: true } : {}),
    },
  };
}

/** What a kubeconfig says, with the files it names still unread. */
export interface KubeconfigPlan {
  readonly context: string;
  readonly namespace: string;
  readonly server: string;
  readonly serverName: string | undefined;
  readonly insecureSkipVerify: boolean;
  readonly ca: string | undefined;
  readonly caFile: string | undefined;
  readonly cert: string | undefined;
  readonly certFile: string | undefined;
  readonly key: string | undefined;
  readonly keyFile: string | undefined;
  readonly token: string | undefined;
  readonly tokenFile: string | undefined;
}

export function parseKubeconfig(text: string, contextName?: string): KubeconfigPlan {
  let document: unknown;
  try {
    document = load(text);
  } catch (cause) {
    throw new KubeconfigError("the kubeconfig is not YAML", { cause });
  }
  const root = fieldsOf(document, "the kubeconfig");
  const name = contextName ?? textOf(root, "current-context");
  if (name === undefined || name === "") throw new KubeconfigError("no context was chosen");
  const context = named(root, "contexts", "context", name);
  const cluster = named(root, "clusters", "cluster", textOf(context, "cluster") ?? "");
  const userName = textOf(context, "user");
  const user = userName === undefined ? new Map() : named(root, "users", "user", userName);
  for (const refused of ["exec", "auth-provider", "username", "as"]) {
    if (user.has(refused))
      throw new KubeconfigError(`user "${userName}": ${refused} is not supported`);
  }
  if (cluster.has("proxy-url")) throw new KubeconfigError("proxy-url is not supported");
  const server = textOf(cluster, "server");
  if (server === undefined)
    throw new KubeconfigError(`context "${name}": its cluster has no server`);
  return {
    context: name,
    namespace: textOf(context, "namespace") ?? "default",
    server: server.replace(/\/+$/, ""),
    serverName: textOf(cluster, "tls-server-name"),
    insecureSkipVerify: cluster.get("insecure-skip-tls-verify") === true,
    ca: decoded(cluster, "certificate-authority-data"),
    caFile: textOf(cluster, "certificate-authority"),
    cert: decoded(user, "client-certificate-data"),
    certFile: textOf(user, "client-certificate"),
    key: decoded(user, "client-key-data"),
    keyFile: textOf(user, "client-key"),
    token: textOf(user, "token"),
    tokenFile: textOf(user, "tokenFile"),
  };
}

type Fields = ReadonlyMap<string, unknown>;

function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new KubeconfigError(`${what} is not a mapping`);
  }
  return new Map(Object.entries(value));
}

function textOf(fields: Fields, name: string): string | undefined {
  const value = fields.get(name);
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw new KubeconfigError(`${name} is not a text`);
  return value;
}

function decoded(fields: Fields, name: string): string | undefined {
  const value = textOf(fields, name);
  return value === undefined ? undefined : Buffer.from(value, "base64").toString("utf8");
}

function named(root: Fields, list: string, field: string, name: string): Fields {
  const items = root.get(list);
  for (const item of Array.isArray(items) ? items : []) {
    const fields = fieldsOf(item, `an item of ${list}`);
    if (fields.get("name") === name) return fieldsOf(fields.get(field), `${field} "${name}"`);
  }
  throw new KubeconfigError(`there is no ${field} "${name}"`);
}
