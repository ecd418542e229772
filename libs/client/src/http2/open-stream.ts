import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  type OutgoingHttpHeaders,
} from "node:http2";
import { ClientError } from "../client.ts";
import type { Http2Connection } from "./connection.ts";

/** Begins a request; a session that ended since it was made is replaced once. Throws ClientError. */
export async function openStream(
  connection: Http2Connection,
  headers: OutgoingHttpHeaders,
  endStream: boolean,
): Promise<ClientHttp2Stream> {
  let cause: unknown;
  for (let tried = 0; tried < 2; tried++) {
    const session = await connection.session();
    if (session.closed || session.destroyed) continue;
    try {
      return begin(session, headers, endStream);
    } catch (error) {
      cause = error;
    }
  }
  throw new ClientError("unreachable", "the connection ended before the request began", { cause });
}

function begin(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  endStream: boolean,
): ClientHttp2Stream {
  const stream = session.request(headers, { endStream });
  // Whoever uses the stream adds a listener that reports it; until then it must not be unhandled.
  stream.on("error", ignore);
  return stream;
}
function ignore(): void {}

/** The server says that it did nothing: even a write may be sent again. A server does so that is about to go away. */
export class RefusedStreamError extends ClientError {
  constructor(options: ErrorOptions) {
    super("unreachable", "the server refused the stream", options);
    this.name = "RefusedStreamError";
  }
}

/** What a stream that closed without an answer means. */
export function brokenStream(stream: ClientHttp2Stream, cause?: unknown): ClientError {
  const isUntouched = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
  return isUntouched
    ? new RefusedStreamError({ cause })
    : new ClientError("broken", "the connection broke before the answer was complete", { cause });
}
