import type { IncomingHttpHeaders } from "node:http2";
import { type StatusError, unauthorized } from "@kubets/api";
import { ClientError } from "../client.ts";
import { statusErrorFrom } from "../status-error-from.ts";

const OK = "0";
const CANCELLED = "1";
const DEADLINE_EXCEEDED = "4";
const UNAVAILABLE = "14";
const UNAUTHENTICATED = "16";

/** The error that a call's trailers stand for; undefined when it went well. */
export function callError(trailers: IncomingHttpHeaders): StatusError | ClientError | undefined {
  const code = headerText(trailers["grpc-status"]);
  if (code === OK) return undefined;
  if (code === undefined) return new ClientError("broken", "the call ended without a status");
  const status = headerText(trailers["kubets-status-bin"]);
  if (status !== undefined) return statusErrorFrom(Buffer.from(status, "base64"));
  const message = decodeMessage(headerText(trailers["grpc-message"]) ?? "");
  switch (code) {
    case UNAVAILABLE:
      return new ClientError("unreachable", message);
    case DEADLINE_EXCEEDED:
      return new ClientError("timeout", message);
    case CANCELLED:
      return new ClientError("cancelled", message);
    case UNAUTHENTICATED:
      return unauthorized(message);
    default:
      return new ClientError("badResponse", `gRPC status ${code}: ${message}`);
  }
}

function headerText(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/** gRPC percent-encodes what is not printable ASCII. */
function decodeMessage(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray percent sign: the text as it came says more than nothing.
    return text;
  }
}
