/**
 * A command in a container, or the container's own when it is attached to, as the protocols see it: streams in, the
 * status that goes to the client out.
 */
import type { SessionStreams, StreamEndpoint } from "@kubets/cri";
import type { Clock } from "@kubets/service";
import type { StreamRequest, WantedStreams } from "../stream-request.ts";
import { type CommandStatus, exitStatus, failureStatus } from "./exec-status.ts";
import { runtimeCommand } from "./runtime-command.ts";

/** Rejects where nobody knows how the command ended. */
export type RemoteCommand = (streams: SessionStreams) => Promise<CommandStatus>;

export interface CommandRequest extends StreamRequest {
  readonly wanted: WantedStreams;
  readonly command: RemoteCommand;
}

export function commandOf(
  endpoint: StreamEndpoint,
  wanted: WantedStreams,
  kind: "exec" | "attach",
  clock: Clock,
): RemoteCommand {
  if (endpoint.kind === "url") return runtimeCommand({ url: endpoint.url, wanted, clock });
  return async (streams) => {
    try {
      return exitStatus(await endpoint.run(streams));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      return failureStatus(`${FAILED[kind]}: ${why}`);
    }
  };
}

/** The words of a runtime's streaming server. */
const FAILED = {
  exec: "error executing command in container",
  attach: "error attaching to container",
} as const;
