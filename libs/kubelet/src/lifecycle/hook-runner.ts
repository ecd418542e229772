/**
 * Runs what a container asks for after its start and before its stop.
 *
 * Upstream: pkg/kubelet/lifecycle/handlers.go handlerRunner.Run @1.36
 */
import type { Container, LifecycleHandler } from "@kubets/api/core/v1";
import type { ContainerRuntime } from "@kubets/cri";
import { type Clock, sleep } from "@kubets/service";
import { KubeletError } from "../kubelet-error.ts";
import { httpGetRequest, httpProbe } from "../probes/http-get.ts";

export interface HookInput {
  readonly handler: LifecycleHandler;
  readonly container: Container;
  readonly containerId: string;
  readonly podIp: string;
  readonly signal: AbortSignal;
}

export type HookRunner = (input: HookInput) => Promise<void>;

/** Upstream gives no limit of its own to hooks; the pod's grace period ends them. */
const HTTP_TIMEOUT_MS = 30 * 60_000;

export function createHookRunner(options: {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
}): HookRunner {
  const { runtime, clock } = options;
  return async ({ handler, container, containerId, podIp, signal }) => {
    if (handler.exec !== undefined) {
      const command = handler.exec.command ?? [];
      const result = await runtime.execSync(containerId, command, 0, { signal });
      if (result.exitCode !== 0) {
        const output = Buffer.concat([result.stdout, result.stderr]).toString("utf8");
        throw new KubeletError(
          "hostFailure",
          `command '${command.join(" ")}' exited with ${result.exitCode}: ${output}`,
        );
      }
    } else if (handler.httpGet !== undefined) {
      const request = httpGetRequest(handler.httpGet, container, podIp, "kube-lifecycle/1.36");
      const outcome = await httpProbe(request, HTTP_TIMEOUT_MS, clock);
      if (outcome.result === "failure") throw new KubeletError("hostFailure", outcome.output);
    } else if (handler.sleep !== undefined) {
      await sleep(clock, handler.sleep.seconds * 1000, signal);
    } else {
      throw new KubeletError("invalidSpec", "cannot run handler: unknown type");
    }
  };
}
