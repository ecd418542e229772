/**
 * The index of the greatest score; among equals each with the same chance.
 *
 * Upstream: pkg/scheduler/schedule_one.go selectHost @1.36
 */
export function selectHost(scores: Float64Array, random: () => number): number {
  let best = 0;
  let equals = 0;
  let greatest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i] ?? 0;
    if (score > greatest) {
      greatest = score;
      best = i;
      equals = 1;
    } else if (score === greatest) {
      equals++;
      if (random() * equals < 1) best = i;
    }
  }
  return best;
}
