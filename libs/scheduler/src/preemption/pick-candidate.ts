import { startTime, type Victims } from "./select-victims.ts";

export interface Candidate {
  readonly nodeName: string;
  readonly victims: Victims;
}

/**
 * The node whose victims matter least, by one criterion after the other until one node is left.
 *
 * Upstream: pkg/scheduler/framework/preemption/preemption.go pickOneNodeForPreemption @1.36
 */
export function pickCandidate(candidates: readonly Candidate[]): Candidate | undefined {
  let left = candidates;
  for (const criterion of CRITERIA) {
    if (left.length <= 1) break;
    left = greatest(left, criterion);
  }
  return left[0];
}

const INT32_MAX = 2 ** 31 - 1;

/** The greater the better. */
const CRITERIA: readonly ((candidate: Candidate) => number)[] = [
  ({ victims }) => -victims.violations,
  ({ victims }) => -(victims.pods[0]?.priority ?? 0),
  ({ victims }) => -victims.pods.reduce((sum, pod) => sum + pod.priority + INT32_MAX + 1, 0),
  ({ victims }) => -victims.pods.length,
  // The latest start among the nodes' most important victims that started first.
  ({ victims }) => earliestStartMs(victims),
];

function earliestStartMs({ pods }: Victims): number {
  const highest = pods[0]?.priority ?? 0;
  const starts = pods.filter((pod) => pod.priority === highest).map((pod) => startTime(pod));
  return Date.parse(starts.toSorted()[0] ?? "");
}

function greatest(
  candidates: readonly Candidate[],
  criterion: (candidate: Candidate) => number,
): readonly Candidate[] {
  const values = candidates.map((candidate) => criterion(candidate));
  const most = Math.max(...values.filter((value) => !Number.isNaN(value)));
  return candidates.filter((_, i) => values[i] === most);
}
