/** Runs one probe of one container again and again and counts results up to its thresholds. */
import type { Container, Pod, Probe } from "@kubets/api/core/v1";
import type { Clock, Logger } from "@kubets/service";
import type { ProbeKind, ProbeResult } from "../pod/plan-input.ts";
import type { ContainerProber } from "./container-probes.ts";
import type { ProbedContainer } from "./probe-manager.ts";
import type { ProbeOutcome } from "./probe-outcome.ts";

export interface ProbeWorkerOptions {
  readonly kind: ProbeKind;
  readonly container: Container;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly prober: ContainerProber;
  readonly isStarted: (containerId: string) => boolean;
  readonly onResult: (containerId: string, result: ProbeResult) => void;
  /** For events. */
  readonly onTrouble: (pod: Pod, reason: "Unhealthy" | "ProbeWarning", message: string) => void;
}

interface Observation {
  readonly pod: Pod;
  readonly podIp: string;
  readonly container: ProbedContainer | undefined;
}

const TITLES: Readonly<Record<ProbeKind, string>> = {
  startup: "Startup",
  liveness: "Liveness",
  readiness: "Readiness",
};
const TRIES_MAX = 3;

export class ProbeWorker {
  readonly #options: ProbeWorkerOptions;
  readonly #probe: Probe;
  #seen: Observation | undefined;
  #containerId: string | undefined;
  #lastResult: "success" | "failure" | undefined;
  #resultRun = 0;
  /** After a failed liveness or startup probe: until there is a new container. */
  #isOnHold = false;
  #isProbing = false;
  #isStopped = false;
  #cancelTimer: (() => void) | undefined;

  constructor(options: ProbeWorkerOptions) {
    this.#options = options;
    this.#probe = options.container[`${options.kind}Probe`] ?? {};
  }

  observe(seen: Observation): void {
    this.#seen = seen;
    const { kind, onResult } = this.#options;
    const { container } = seen;
    if (container === undefined) return;
    if (container.id !== this.#containerId) {
      this.#containerId = container.id;
      this.#isOnHold = false;
      this.#lastResult = undefined;
      this.#resultRun = 0;
      onResult(container.id, initialResult(kind, container));
      this.wake();
    } else if (!container.isRunning) {
      this.#cancel();
    }
  }

  /** Probes at once, or as soon as the initial delay is over. */
  wake(): void {
    this.#cancel();
    const { container } = this.#seen ?? {};
    if (container === undefined || this.#isStopped) return;
    const { clock } = this.#options;
    const readyAtMs = container.startedAtMs + (this.#probe.initialDelaySeconds ?? 0) * 1000;
    this.#schedule(Math.max(0, readyAtMs - clock.now()));
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  #schedule(delayMs: number): void {
    if (this.#isStopped) return;
    this.#cancelTimer = this.#options.clock.setTimer(delayMs, () => {
      this.#tick().catch((error: unknown) => {
        this.#options.logger.error("a probe broke off", { error });
      });
    });
  }

  #cancel(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  async #tick(): Promise<void> {
    const seen = this.#seen;
    if (seen?.container === undefined || !seen.container.isRunning || this.#isProbing) return;
    if (this.#isOnHold) return;
    const { kind, clock, isStarted } = this.#options;
    const startedMs = clock.monotonicMs();
    const isOver = isStarted(seen.container.id);
    // Startup is over, or the others still wait for it; `wake` calls them then.
    if (kind === "startup" ? isOver : !isOver) return;
    this.#isProbing = true;
    try {
      await this.#probeOnce(seen, seen.container);
    } finally {
      this.#isProbing = false;
      const periodMs = (this.#probe.periodSeconds ?? 10) * 1000;
      const spentMs = clock.monotonicMs() - startedMs;
      this.#cancel();
      this.#schedule(Math.max(0, periodMs - spentMs));
    }
  }

  async #probeOnce(seen: Observation, container: ProbedContainer): Promise<void> {
    const { kind, onResult } = this.#options;
    const outcome = await this.#withRetries(seen, container);
    if (this.#isStopped || this.#containerId !== container.id) return;
    this.#report(seen.pod, outcome);
    if (outcome.result === "error") return;
    const result = outcome.result === "failure" ? "failure" : "success";
    if (this.#lastResult === result) this.#resultRun += 1;
    else {
      this.#lastResult = result;
      this.#resultRun = 1;
    }
    const threshold =
      result === "failure"
        ? (this.#probe.failureThreshold ?? 3)
        : (this.#probe.successThreshold ?? 1);
    if (this.#resultRun < threshold) return;
    if (result === "failure" && kind !== "readiness") {
      this.#isOnHold = true;
      this.#resultRun = 0;
    }
    onResult(container.id, result);
  }

  async #withRetries(seen: Observation, container: ProbedContainer): Promise<ProbeOutcome> {
    const { prober, kind } = this.#options;
    let outcome: ProbeOutcome = { result: "error", message: "" };
    for (let tried = 0; tried < TRIES_MAX && outcome.result === "error"; tried++) {
      outcome = await prober({
        pod: seen.pod,
        container: this.#options.container,
        containerId: container.id,
        podIp: seen.podIp,
        kind,
        probe: this.#probe,
      });
    }
    return outcome;
  }

  #report(pod: Pod, outcome: ProbeOutcome): void {
    const { kind, onTrouble } = this.#options;
    const title = TITLES[kind];
    switch (outcome.result) {
      case "success":
        return;
      case "warning":
        onTrouble(pod, "ProbeWarning", `${title} probe warning: ${outcome.output}`);
        return;
      case "failure":
        onTrouble(pod, "Unhealthy", `${title} probe failed: ${outcome.output}`);
        return;
      case "error":
        onTrouble(
          pod,
          "Unhealthy",
          `${title} probe errored and resulted in unknown state: ${outcome.message}`,
        );
    }
  }
}

function initialResult(kind: ProbeKind, container: ProbedContainer): ProbeResult {
  switch (kind) {
    case "startup":
      return container.wasStarted ? "success" : "unknown";
    case "liveness":
      return "success";
    case "readiness":
      return container.wasReady ? "success" : "failure";
  }
}
