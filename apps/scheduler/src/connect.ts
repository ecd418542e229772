import { type Client, connectByFlags, rateLimitedClient } from "@kubets/client";
import type { SchedulerConfiguration } from "@kubets/scheduler";
import type { Clock, FlagValues } from "@kubets/service";
import type { flags } from "./flags.ts";

/** By the flags, and by the configuration file where a flag is not given; held back where a limit is set. */
export async function connect(
  config: FlagValues<typeof flags>,
  settings: SchedulerConfiguration,
  clock: Clock,
): Promise<Client> {
  const client = await connectByFlags(
    { ...config, kubeconfig: config.kubeconfig || (settings.kubeconfig ?? "") },
    { clock, userAgent: "kube-scheduler" },
  );
  const qps = config["kube-api-qps"] > 0 ? config["kube-api-qps"] : (settings.qps ?? 0);
  const burst = settings.burst ?? config["kube-api-burst"];
  return qps > 0 ? rateLimitedClient(client, { qps, burst, clock }) : client;
}
