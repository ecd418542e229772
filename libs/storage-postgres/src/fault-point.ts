/**
 * Places where a test may crash the process, break a connection or wait. In service nobody listens and a
 * point costs one comparison.
 */
export const faultPointNames = [
  "commit.beforeSend",
  "commit.afterSend",
  "commit.afterAnswer",
  "commit.beforeReply",
  "apply.before",
  "apply.after",
  "publish.before",
  "publish.after",
  "log.afterRead",
  "compact.beforeMark",
  "compact.afterMark",
  "compact.beforeBatch",
  "compact.afterBatch",
  "compact.beforeFinish",
  "compact.afterFinish",
] as const;
export type FaultPointName = (typeof faultPointNames)[number];

/** Called at each point; what it throws is thrown there. */
export type FaultPoint = (name: FaultPointName) => void;
export const noFaultPoint: FaultPoint = () => {};
