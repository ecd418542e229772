import { parseTime } from "@kubets/api";
import type { Job } from "@kubets/api/batch/v1";

/** When the Job may go; undefined: it has not ended, is going already, or stays. */
export function expiryMs(job: Job): number | undefined {
  const seconds = job.spec?.ttlSecondsAfterFinished;
  if (seconds === undefined || job.metadata.deletionTimestamp !== undefined) return undefined;
  const end = job.status?.conditions?.find(
    ({ type, status }) => (type === "Complete" || type === "Failed") && status === "True",
  );
  const endedMs = parseTime(end?.lastTransitionTime ?? "");
  return endedMs === undefined ? undefined : endedMs + seconds * 1000;
}
