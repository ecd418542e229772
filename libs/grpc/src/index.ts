export { createGrpcServer, type GrpcServer, type GrpcServerOptions } from "./grpc-server.ts";
export type { HealthState } from "./health-service.ts";
