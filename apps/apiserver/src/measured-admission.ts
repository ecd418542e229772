/**
 * Admission with upstream's metrics about its two steps.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/admission/metrics/metrics.go @1.36
 */
import type { AdmissionChain, AdmissionRequest } from "@kubets/admission";
import type { Clock, Metrics } from "@kubets/service";

const buckets = [0.005, 0.025, 0.1, 0.5, 1, 2.5];

export function measuredAdmission(
  chain: AdmissionChain,
  metrics: Metrics,
  clock: Clock,
): AdmissionChain {
  const duration = metrics.histogram({
    name: "apiserver_admission_step_admission_duration_seconds",
    help: "Latency of admission by operation, step and whether it refused.",
    labels: ["type", "operation", "rejected"],
    buckets,
  });

  async function measure<T>(
    type: "admit" | "validate",
    { operation }: AdmissionRequest,
    run: () => Promise<T>,
  ): Promise<T> {
    const beganMs = clock.monotonicMs();
    let rejected = "true";
    try {
      const result = await run();
      rejected = "false";
      return result;
    } finally {
      duration.observe({ type, operation, rejected }, (clock.monotonicMs() - beganMs) / 1_000);
    }
  }

  return {
    mutate: (request) => measure("admit", request, () => chain.mutate(request)),
    validate: (request) => measure("validate", request, () => chain.validate(request)),
  };
}
