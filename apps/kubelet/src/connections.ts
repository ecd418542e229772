/** What the kubelet talks to, as its flags name it. */
import { networkInterfaces } from "node:os";
import {
  type ContainerRuntime,
  createContainerdRuntime,
  createSimulatedRuntime,
} from "@kubets/cri";
import type { Clock, FlagValues } from "@kubets/service";
import type { flags } from "./flags.ts";

type Config = FlagValues<typeof flags>;

export function connectRuntime(config: Config, clock: Clock): ContainerRuntime {
  if (config.runtime === "simulated") return createSimulatedRuntime({ clock });
  const address = config["container-runtime-endpoint"];
  const requestTimeoutMs = config["runtime-request-timeout"];
  return createContainerdRuntime({ address, requestTimeoutMs, clock });
}

/** The first address of this machine that others can reach. */
export function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return all.find(({ internal, family }) => !internal && family === "IPv4")?.address ?? "127.0.0.1";
}
