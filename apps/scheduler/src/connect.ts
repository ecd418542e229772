import {
  type Client,
  createGrpcClient,
  createRestClient,
  loadKubeconfig,
  rateLimitedClient,
} from "@kubets/client";
import type { SchedulerConfiguration } from "@kubets/scheduler";
import { type Clock, type FlagValues, readPem } from "@kubets/service";
import type { flags } from "./flags.ts";

type Flags = FlagValues<typeof flags>;

const USER_AGENT = "kube-scheduler";

/** REST where a kubeconfig is given, else gRPC; held back to --kube-api-qps where that is given. */
export async function connect(
  config: Flags,
  settings: SchedulerConfiguration,
  clock: Clock,
): Promise<Client> {
  return rateLimited(await connectAtAnyRate(config, settings, clock), config, settings, clock);
}

async function connectAtAnyRate(
  config: Flags,
  settings: SchedulerConfiguration,
  clock: Clock,
): Promise<Client> {
  const kubeconfig = config.kubeconfig === "" ? settings.kubeconfig : config.kubeconfig;
  if (kubeconfig !== undefined) {
    return createRestClient({
      ...(await loadKubeconfig(kubeconfig)),
      clock,
      userAgent: USER_AGENT,
    });
  }
  const tls = {
    ca: await readPem(config["certificate-authority"]),
    cert: await readPem(config["client-certificate"]),
    key: await readPem(config["client-key"]),
  };
  return createGrpcClient({ address: config.server, tls, clock, userAgent: USER_AGENT });
}

function rateLimited(
  client: Client,
  config: Flags,
  settings: SchedulerConfiguration,
  clock: Clock,
): Client {
  const qps = config["kube-api-qps"] > 0 ? config["kube-api-qps"] : (settings.qps ?? 0);
  const burst = settings.burst ?? config["kube-api-burst"];
  return qps > 0 ? rateLimitedClient(client, { qps, burst, clock }) : client;
}
