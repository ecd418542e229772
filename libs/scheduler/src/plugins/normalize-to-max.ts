import { MAX_NODE_SCORE } from "../framework/plugin.ts";

/**
 * Stretches scores so that the greatest becomes 100; reversed, it becomes 0 and none at all becomes 100.
 *
 * Upstream: pkg/scheduler/framework/plugins/helper/normalize_score.go DefaultNormalizeScore @1.36
 */
export function normalizeToMax(scores: Float64Array, isReversed: boolean): void {
  let greatest = 0;
  for (const score of scores) if (score > greatest) greatest = score;
  if (greatest === 0) {
    if (isReversed) scores.fill(MAX_NODE_SCORE);
    return;
  }
  for (let i = 0; i < scores.length; i++) {
    const score = Math.trunc((MAX_NODE_SCORE * (scores[i] ?? 0)) / greatest);
    scores[i] = isReversed ? MAX_NODE_SCORE - score : score;
  }
}
