/** How every component but the apiserver itself is told where the API is, and the client that follows from it. */
import { type Clock, type FlagTable, type FlagValues, readPem } from "@kubets/service";
import type { Client } from "../client.ts";
import { createGrpcClient } from "../grpc/create-grpc-client.ts";
import { loadKubeconfig } from "../kubeconfig.ts";
import { createRestClient } from "../rest/create-rest-client.ts";

const API = "API server flags";

export const connectionFlags = {
  server: {
    kind: "list",
    default: ["127.0.0.1:6444"],
    group: API,
    help: "gRPC addresses of the apiservers, tried in turn",
  },
  "certificate-authority": {
    kind: "string",
    default: "",
    group: API,
    help: "PEM file that verifies the apiserver",
  },
  "client-certificate": {
    kind: "string",
    default: "",
    group: API,
    help: "PEM file of this component's certificate",
  },
  "client-key": { kind: "string", default: "", group: API, help: "PEM file of its key" },
} as const satisfies FlagTable;

export const kubeconfigFlags = {
  kubeconfig: {
    kind: "string",
    default: "",
    group: API,
    help: "use the REST API that this file names, instead of --server",
  },
} as const satisfies FlagTable;

/** REST where a kubeconfig is given, gRPC otherwise. Throws when a file is missing or wrong. */
export async function connectByFlags(
  config: FlagValues<typeof connectionFlags> & { readonly kubeconfig?: string },
  connection: { readonly clock: Clock; readonly userAgent: string },
): Promise<Client> {
  const { kubeconfig = "" } = config;
  if (kubeconfig !== "") {
    const { server, tls, token, tokenFile } = await loadKubeconfig(kubeconfig);
    const credentials = { ...(token ? { token } : {}), ...(tokenFile ? { tokenFile } : {}) };
    return createRestClient({ server, tls, ...credentials, ...connection });
  }
  const tls = {
    ca: await readPem(config["certificate-authority"]),
    cert: await readPem(config["client-certificate"]),
    key: await readPem(config["client-key"]),
  };
  return createGrpcClient({ address: config.server, tls, ...connection });
}
