import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** As containers have it: who has used its share up stands still until the period is over, so only rates tell something. */
const PERIOD_US = 100_000;
const isVersion2 = existsSync("/sys/fs/cgroup/cgroup.controllers");
const parent = isVersion2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu";

/** Lets a process and what it starts use this share of one core and not more; returns what forgets it when it has ended. */
export function limitToShare(pid: number, share: number): () => void {
  const group = join(parent, `kubets-bench-${pid}`);
  mkdirSync(group);
  const quotaUs = Math.round(share * PERIOD_US);
  if (isVersion2) writeFileSync(join(group, "cpu.max"), `${quotaUs} ${PERIOD_US}`);
  else {
    writeFileSync(join(group, "cpu.cfs_period_us"), String(PERIOD_US));
    writeFileSync(join(group, "cpu.cfs_quota_us"), String(quotaUs));
  }
  writeFileSync(join(group, "cgroup.procs"), String(pid));
  return () => rmdirSync(group);
}
