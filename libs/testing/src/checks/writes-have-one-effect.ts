import type { Check } from "./check.ts";

/** However often a write was sent, it was made at most once; and never when the client was told that it was not. */
export const writesHaveOneEffect: Check = function* (history, index) {
  const byRequest = new Map<string, bigint>();
  const byContent = new Map<string, bigint>();
  for (const { requestId, revision, type, content } of history.log) {
    const before = byRequest.get(requestId);
    if (before !== undefined)
      yield `request ${requestId} has the revisions ${before} and ${revision}`;
    byRequest.set(requestId, revision);
    // What others keep in the store has no mark.
    if (type === "delete" || content === "") continue;
    const same = byContent.get(content);
    if (same !== undefined) yield `the write ${content} has the revisions ${same} and ${revision}`;
    byContent.set(content, revision);
  }
  for (const operation of history.operations) {
    if (operation.kind !== "write") continue;
    const { outcome, requestId, content, key, op } = operation;
    if (outcome.status !== "refused" && outcome.status !== "failed") continue;
    const made =
      (requestId === undefined ? undefined : byRequest.get(requestId)) ??
      (content === "" ? undefined : index.byContent.get(content)?.revision);
    if (made !== undefined) {
      yield `the ${op} of ${key} was ${outcome.status}, but was made as revision ${made}`;
    }
  }
};
