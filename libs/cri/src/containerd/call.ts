/** One unary gRPC call as a promise, with an AbortSignal and a deadline; gRPC's errors become RuntimeErrors here and nowhere else. */
import {
  type ClientUnaryCall,
  type CallOptions as GrpcCallOptions,
  Metadata,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { RuntimeError, type RuntimeErrorCode } from "../runtime.ts";

type Method<C, Q, R> = (
  this: C,
  request: Q,
  metadata: Metadata,
  options: Partial<GrpcCallOptions>,
  done: (error: ServiceError | null, response: R) => void,
) => ClientUnaryCall;

export interface UnaryOptions {
  readonly signal?: AbortSignal | undefined;
  /** When to give up, in milliseconds since the epoch; never where absent. */
  readonly deadlineMs?: number | undefined;
}

export function unary<C, Q, R>(
  client: C,
  method: Method<C, Q, R>,
  request: Q,
  options: UnaryOptions,
): Promise<R> {
  return new Promise((resolve, reject) => {
    const { signal } = options;
    if (signal?.aborted) {
      reject(new RuntimeError("cancelled", "the call was given up", { cause: signal.reason }));
      return;
    }
    const limits = options.deadlineMs === undefined ? {} : { deadline: options.deadlineMs };
    const call = method.call(client, request, new Metadata(), limits, (error, response) => {
      signal?.removeEventListener("abort", cancel);
      if (error === null) resolve(response);
      else reject(runtimeErrorFrom(error));
    });
    const cancel = () => call.cancel();
    signal?.addEventListener("abort", cancel, { once: true });
  });
}

export function runtimeErrorFrom(error: ServiceError): RuntimeError {
  return new RuntimeError(CODES.get(error.code) ?? "unknown", error.details, { cause: error });
}

const CODES: ReadonlyMap<number, RuntimeErrorCode> = new Map<number, RuntimeErrorCode>([
  [status.NOT_FOUND, "notFound"],
  [status.ALREADY_EXISTS, "alreadyExists"],
  [status.INVALID_ARGUMENT, "invalidArgument"],
  [status.FAILED_PRECONDITION, "failedPrecondition"],
  [status.DEADLINE_EXCEEDED, "deadlineExceeded"],
  [status.UNAVAILABLE, "unavailable"],
  [status.UNIMPLEMENTED, "unimplemented"],
  [status.CANCELLED, "cancelled"],
  [status.PERMISSION_DENIED, "permissionDenied"],
]);
