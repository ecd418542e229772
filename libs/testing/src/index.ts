export { checkHistory, checks, describeVerdict, type Verdict } from "./checks/check-history.ts";
export { DatabaseLog } from "./history/database-log.ts";
export type * from "./history/history.ts";
export { HistoryRecorder } from "./history/history-recorder.ts";
export { ApiserverReplica } from "./replicas/apiserver-replica.ts";
export { type ClusterFiles, makeClusterFiles } from "./replicas/cluster-files.ts";
export { SeededRandom } from "./seeded-random.ts";
export { NatsServer, natsProgram } from "./servers/nats-server.ts";
