export { type FaultPoint, type FaultPointName, faultPointNames } from "./fault-point.ts";
export { openPostgresStorage, type PostgresStorageOptions } from "./open-postgres-storage.ts";
export { objectHistory, raiseEpoch } from "./store-admin.ts";
