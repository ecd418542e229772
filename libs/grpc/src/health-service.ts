/**
 * The standard health service.
 *
 * Upstream: https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import type { GrpcCall } from "./grpc-call.ts";
import { GRPC_INVALID_ARGUMENT } from "./wire/status-code.ts";

export interface HealthState {
  isServing(): boolean;
  /** Returns the function that ends the subscription. */
  onChange(listener: () => void): () => void;
}

const SERVING = 1;
const NOT_SERVING = 2;
const SERVICE_UNKNOWN = 3;
const GRPC_NOT_FOUND = 5;

const services: ReadonlySet<string> = new Set(["", "kubets.api.v1.Objects"]);

export function createHealthService(state: HealthState) {
  const statusNow = () => (state.isServing() ? SERVING : NOT_SERVING);
  return {
    "/grpc.health.v1.Health/Check": (call: GrpcCall) =>
      call.readMessage((message) => {
        const service = typeof message === "string" ? undefined : serviceOf(message);
        if (service === undefined) call.fail(GRPC_INVALID_ARGUMENT, "malformed request");
        else if (!services.has(service)) call.fail(GRPC_NOT_FOUND, "unknown service");
        else call.answer(response(statusNow()));
      }),
    "/grpc.health.v1.Health/Watch": (call: GrpcCall) =>
      call.readMessage((message) => {
        const service = typeof message === "string" ? undefined : serviceOf(message);
        if (service === undefined) {
          call.fail(GRPC_INVALID_ARGUMENT, "malformed request");
          return;
        }
        const current = () => (services.has(service) ? statusNow() : SERVICE_UNKNOWN);
        let told = current();
        call.write(response(told));
        const stop = state.onChange(() => {
          const now = current();
          if (now !== told) call.write(response(now));
          told = now;
        });
        call.onClose(stop);
      }),
    "/grpc.health.v1.Health/List": (call: GrpcCall) =>
      call.readMessage((message) => {
        if (typeof message === "string") call.fail(GRPC_INVALID_ARGUMENT, "malformed request");
        else call.answer(listResponse(statusNow()));
      }),
  };
}

/** Undefined when the bytes are no such message. */
function serviceOf(message: Buffer): string | undefined {
  try {
    const reader = new BinaryReader(message);
    let service = "";
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      if (field === 1) service = reader.string();
      else reader.skip(wireType);
    }
    return service;
  } catch {
    // The reader throws for anything malformed, and says nothing that would help the caller.
    return undefined;
  }
}

function response(status: number): Buffer {
  return Buffer.from(
    new BinaryWriter()
      .uint32((1 << 3) | 0)
      .int32(status)
      .finish(),
  );
}

function listResponse(status: number): Buffer {
  const writer = new BinaryWriter();
  const lengthDelimited = 2;
  for (const service of services) {
    writer.uint32((1 << 3) | lengthDelimited).fork();
    writer.uint32((1 << 3) | lengthDelimited).string(service);
    writer.uint32((2 << 3) | lengthDelimited).bytes(response(status));
    writer.join();
  }
  return Buffer.from(writer.finish());
}
