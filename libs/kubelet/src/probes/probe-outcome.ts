/** What one try of a probe gave. `output` goes into events. */
export type ProbeOutcome =
  | { readonly result: "success" | "failure"; readonly output: string }
  /** It worked, with a remark. */
  | { readonly result: "warning"; readonly output: string }
  /** It could not be tried at all; says nothing about the container. */
  | { readonly result: "error"; readonly message: string };

/** Connection failures in the words of Go's net package, which users search for. */
export function dialErrorText(error: unknown, target: string): string {
  const code = errorCode(error);
  switch (code) {
    case "ECONNREFUSED":
      return `dial tcp ${target}: connect: connection refused`;
    case "EHOSTUNREACH":
      return `dial tcp ${target}: connect: no route to host`;
    case "ENETUNREACH":
      return `dial tcp ${target}: connect: network is unreachable`;
    case "ETIMEDOUT":
      return `dial tcp ${target}: i/o timeout`;
    case "ECONNRESET":
      return `read tcp ${target}: read: connection reset by peer`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `dial tcp: lookup ${target.replace(/:\d+$/, "")}: no such host`;
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

function errorCode(error: unknown): string {
  if (error instanceof AggregateError) return errorCode(error.errors[0]);
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

export function hostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
