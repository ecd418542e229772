/** Tries one probe of one container, as its kind asks. */
import type { Container, Pod, Probe } from "@kubets/api/core/v1";
import { type ContainerRuntime, isRuntimeError, simulatedProbeFails } from "@kubets/cri";
import { type Clock, formatDuration } from "@kubets/service";
import { expand } from "../container/expansion.ts";
import { errorText, KubeletError } from "../kubelet-error.ts";
import type { ProbeKind } from "../pod/plan-input.ts";
import { grpcProbe } from "./grpc-probe.ts";
import { containerPort, httpGetRequest, httpProbe } from "./http-get.ts";
import type { ProbeOutcome } from "./probe-outcome.ts";
import { tcpProbe } from "./tcp-probe.ts";

export interface ProbeTarget {
  readonly pod: Pod;
  readonly container: Container;
  readonly containerId: string;
  readonly podIp: string;
  readonly kind: ProbeKind;
  readonly probe: Probe;
}

export type ContainerProber = (target: ProbeTarget) => Promise<ProbeOutcome>;

export const PROBE_USER_AGENT = "kube-probe/1.36";
const OUTPUT_CHARS_MAX = 10 * 1024;

/** For containers that are real processes. Upstream: pkg/kubelet/prober/prober.go runProbe @1.36 */
export function createContainerProber(options: {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
}): ContainerProber {
  const { runtime, clock } = options;
  return async (target) => {
    const { probe, container, podIp } = target;
    const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
    try {
      if (probe.exec !== undefined) return await execProbe(runtime, target);
      if (probe.httpGet !== undefined) {
        const request = httpGetRequest(probe.httpGet, container, podIp, PROBE_USER_AGENT);
        return await httpProbe(request, timeoutMs, clock);
      }
      if (probe.tcpSocket !== undefined) {
        const port = containerPort(probe.tcpSocket.port, container);
        return await tcpProbe({ host: probe.tcpSocket.host || podIp, port }, timeoutMs, clock);
      }
      if (probe.grpc !== undefined) {
        const { port, service = "" } = probe.grpc;
        return await grpcProbe({ host: podIp, port, service }, timeoutMs, clock);
      }
      return { result: "error", message: "missing probe handler" };
    } catch (error) {
      if (error instanceof KubeletError) return { result: "error", message: error.message };
      throw error;
    }
  };
}

/** For the simulated runtime: every probe succeeds, unless the pod's annotation says otherwise. */
export const simulatedProber: ContainerProber = async ({ pod, container, kind }) =>
  simulatedProbeFails(pod.metadata.annotations ?? {}, container.name, kind)
    ? { result: "failure", output: "the pod's annotation says so" }
    : { result: "success", output: "" };

async function execProbe(runtime: ContainerRuntime, target: ProbeTarget): Promise<ProbeOutcome> {
  const { probe, container, containerId } = target;
  const static_ = new Map((container.env ?? []).map(({ name, value = "" }) => [name, value]));
  const command = (probe.exec?.command ?? []).map((word) =>
    expand(word, (name) => static_.get(name)),
  );
  const timeoutSeconds = probe.timeoutSeconds ?? 1;
  try {
    const result = await runtime.execSync(containerId, command, timeoutSeconds);
    const output = Buffer.concat([result.stdout, result.stderr])
      .toString("utf8")
      .slice(0, OUTPUT_CHARS_MAX);
    return { result: result.exitCode === 0 ? "success" : "failure", output };
  } catch (error) {
    if (isRuntimeError(error, "deadlineExceeded")) {
      const shown = JSON.stringify(command.join(" "));
      return {
        result: "failure",
        output: `command timed out: ${shown} timed out after ${formatDuration(timeoutSeconds * 1000)}`,
      };
    }
    return { result: "error", message: errorText(error) };
  }
}
