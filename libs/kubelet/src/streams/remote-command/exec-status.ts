/** How a command ended, as remote-command clients read it from the error stream (protocol version 4 and newer). */
import type { Status } from "@kubets/api/meta/v1";

/** On these streams it says neither its kind nor its version. */
export type CommandStatus = Partial<Omit<Status, "apiVersion" | "kind">>;

/** Upstream: staging/src/k8s.io/cri-streaming/pkg/streaming/remotecommand/exec.go ServeExec @1.36 */
export function exitStatus(exitCode: number): CommandStatus {
  if (exitCode === 0) return { status: "Success" };
  return {
    status: "Failure",
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: NON_ZERO,
    details: { causes: [{ reason: EXIT_CODE, message: String(exitCode) }] },
  };
}

/** Of a command that did not come to its end. */
export function failureStatus(message: string): CommandStatus {
  return {
    status: "Failure",
    message: `Internal error occurred: ${message}`,
    reason: "InternalError",
    code: 500,
  };
}

/** What a runtime said on its error stream. Throws where that is no status: the command's end is not known then. */
export function parseStatus(text: string): CommandStatus {
  if (text === "") throw new Error("error reading from error stream: the runtime hung up");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error(`error stream protocol error: not JSON in ${JSON.stringify(text)}`, { cause });
  }
  if (!isStatus(value)) throw new Error("error stream protocol error: unknown error");
  return value;
}

/**
 * The same in the words of upstream's translation to version 5, which reads the runtime's status as a client does and
 * tells of it anew: that is why failures of the runtime say twice that they are internal.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/util/proxy/streamtranslator.go @1.36
 */
export function translatedStatus(status: CommandStatus): CommandStatus {
  if (status.status === "Success") return { metadata: {}, status: "Success" };
  const exitCode = status.details?.causes?.find(({ reason }) => reason === EXIT_CODE)?.message;
  if (status.reason !== NON_ZERO || exitCode === undefined) {
    return internalErrorStatus(status.message ?? "");
  }
  return {
    metadata: {},
    status: "Failure",
    message: `command terminated with non-zero exit code: command terminated with exit code ${exitCode}`,
    reason: NON_ZERO,
    details: { causes: [{ reason: EXIT_CODE, message: exitCode }] },
  };
}

/** Upstream: staging/src/k8s.io/apimachinery/pkg/api/errors/errors.go NewInternalError @1.36 */
export function internalErrorStatus(message: string): CommandStatus {
  return { ...failureStatus(message), metadata: {}, details: { causes: [{ message }] } };
}

const NON_ZERO = "NonZeroExitCode";
const EXIT_CODE = "ExitCode";

function isStatus(value: unknown): value is CommandStatus {
  return (
    typeof value === "object" &&
    value !== null &&
    "status" in value &&
    (value.status === "Success" || value.status === "Failure")
  );
}
