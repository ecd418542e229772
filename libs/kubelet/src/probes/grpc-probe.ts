/**
 * Asks a container's grpc.health.v1.Health service.
 *
 * Upstream: pkg/probe/grpc/grpc.go @1.36
 */
import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import type { Clock } from "@kubets/service";
import { formatDuration } from "@kubets/service";
import { hostPort, type ProbeOutcome } from "./probe-outcome.ts";

export interface GrpcTarget {
  readonly host: string;
  readonly port: number;
  readonly service: string;
}

const CHECK_PATH = "/grpc.health.v1.Health/Check";
const STATUS_NAMES = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];

export function grpcProbe(
  target: GrpcTarget,
  timeoutMs: number,
  clock: Clock,
): Promise<ProbeOutcome> {
  const address = hostPort(target.host, target.port);
  const client = new Client(address, credentials.createInsecure(), {
    "grpc.primary_user_agent": "kube-probe/1.36",
    "grpc.use_local_subchannel_pool": 1,
  });
  return new Promise((resolve) => {
    const done = (error: ServiceError | null, answer: number | undefined) => {
      client.close();
      resolve(error === null ? judge(answer ?? 0) : failed(error, address, timeoutMs));
    };
    client.makeUnaryRequest(
      CHECK_PATH,
      encodeService,
      decodeStatus,
      target.service,
      new Metadata(),
      { deadline: clock.now() + timeoutMs },
      done,
    );
  });
}

function judge(answer: number): ProbeOutcome {
  const name = STATUS_NAMES[answer] ?? String(answer);
  if (name === "SERVING") return { result: "success", output: "service healthy" };
  return { result: "failure", output: `service unhealthy (responded with "${name}")` };
}

function failed(error: ServiceError, address: string, timeoutMs: number): ProbeOutcome {
  switch (error.code) {
    case status.UNIMPLEMENTED:
      return {
        result: "failure",
        output: `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${error.details}`,
      };
    case status.DEADLINE_EXCEEDED:
      return {
        result: "failure",
        output: `timeout: health rpc did not complete within ${formatDuration(timeoutMs)}`,
      };
    case status.UNAVAILABLE:
      return {
        result: "failure",
        output: `timeout: failed to connect service "${address}" within ${formatDuration(timeoutMs)}: ${error.details}`,
      };
    default:
      return { result: "failure", output: `error: health rpc probe failed: ${error.details}` };
  }
}

/** HealthCheckRequest: service = 1. */
function encodeService(service: string): Buffer {
  const name = Buffer.from(service);
  if (name.length === 0) return Buffer.alloc(0);
  const length: number[] = [];
  let rest = name.length;
  while (rest > 0x7f) {
    length.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  length.push(rest);
  return Buffer.concat([Buffer.from([0x0a, ...length]), name]);
}

/** HealthCheckResponse: status = 1, an enum of small numbers. */
function decodeStatus(bytes: Buffer): number {
  return bytes[0] === 0x08 ? (bytes[1] ?? 0) : 0;
}
