/** The nearest gRPC code to an HTTP status; the Kubernetes Status beside it says the rest. */
export const GRPC_OK = 0;
export const GRPC_INVALID_ARGUMENT = 3;
export const GRPC_RESOURCE_EXHAUSTED = 8;
export const GRPC_UNIMPLEMENTED = 12;
const GRPC_UNKNOWN = 2;

const codes: Readonly<Record<number, number>> = {
  400: GRPC_INVALID_ARGUMENT,
  401: 16,
  403: 7,
  404: 5,
  405: GRPC_UNIMPLEMENTED,
  406: GRPC_INVALID_ARGUMENT,
  409: 10,
  410: 11,
  413: GRPC_RESOURCE_EXHAUSTED,
  415: GRPC_INVALID_ARGUMENT,
  422: GRPC_INVALID_ARGUMENT,
  429: GRPC_RESOURCE_EXHAUSTED,
  500: 13,
  503: 14,
  504: 4,
};
const ALREADY_EXISTS = 6;

export function grpcCode(httpStatus: number, reason: string): number {
  if (reason === "AlreadyExists") return ALREADY_EXISTS;
  return codes[httpStatus] ?? GRPC_UNKNOWN;
}
