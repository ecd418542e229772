/**
 * Places where a test may crash the process, break a connection or wait. In service nobody listens and a
 * point costs one comparison.
 */
export const faultPointNames = [
  "commit.beforeSend",
  "commit.afterAnswer",
  "apply.before",
  "apply.after",
  "publish.before",
  "publish.after",
  "compact.afterMark",
  "compact.afterBatch",
  "compact.beforeFinish",
] as const;
export type FaultPointName = (typeof faultPointNames)[number];

/** Called at each point; what it throws is thrown there. */
export type FaultPoint = (name: FaultPointName) => void;
export const noFaultPoint: FaultPoint = () => {};
