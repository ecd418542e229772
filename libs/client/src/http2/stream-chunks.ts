import { type ClientHttp2Stream, constants } from "node:http2";
import { ClientError } from "../client.ts";
import { brokenStream } from "./open-stream.ts";

/** Above this much unread the stream is paused, and HTTP/2 flow control holds the server. */
const UNREAD_BYTES_MAX = 4 * 1024 * 1024;

/**
 * What a stream brings, all that is there at a time: one promise for each bunch and not for each chunk. Ends
 * when the server ends the stream; leaving the loop cancels it. Throws ClientError when the connection breaks or the
 * signal says so.
 */
export async function* streamChunks(
  stream: ClientHttp2Stream,
  signal?: AbortSignal,
): AsyncGenerator<readonly Buffer[], void, undefined> {
  let chunks: Buffer[] = [];
  let unreadBytes = 0;
  let isEnded = false;
  let isClosed = false;
  let cause: unknown;
  let wake: () => void = () => {};
  stream.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    unreadBytes += chunk.length;
    if (unreadBytes > UNREAD_BYTES_MAX) stream.pause();
    wake();
  });
  stream.on("end", () => {
    isEnded = true;
    wake();
  });
  stream.on("error", (error) => {
    cause = error;
  });
  stream.on("close", () => {
    isClosed = true;
    wake();
  });
  const onAbort = () => {
    stream.close(constants.NGHTTP2_CANCEL);
    wake();
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    for (;;) {
      if (signal?.aborted) throw new ClientError("cancelled", "cancelled by the caller");
      if (chunks.length > 0) {
        const bunch = chunks;
        chunks = [];
        unreadBytes = 0;
        stream.resume();
        yield bunch;
      } else if (isEnded && stream.rstCode === constants.NGHTTP2_NO_ERROR) {
        return;
      } else if (isClosed) {
        throw brokenStream(stream, cause);
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = () => {};
      }
    }
  } finally {
    signal?.removeEventListener("abort", onAbort);
    if (!stream.closed) stream.close(constants.NGHTTP2_CANCEL);
  }
}
