/** The calls with many answers: how each message reads as a request to the core. */
import { noOptions } from "@kubets/request";
import { type Encoding, ListRequest, WatchRequest } from "@kubets/rpc";
import type { CallParts } from "./incoming.ts";

export interface StreamCall {
  readonly parts: CallParts;
  readonly encoding: Encoding;
}

export function readList(message: Buffer): StreamCall {
  const request = ListRequest.decode(message);
  const { ref, labelSelector, fieldSelector, encoding } = request;
  const read = {
    ...selectors(request),
    ...(request.limit === 0 ? {} : { limit: request.limit }),
    ...(request.continue === "" ? {} : { continueToken: request.continue }),
  };
  return {
    parts: { verb: "list", ref, labelSelector, fieldSelector, options: { ...noOptions, read } },
    encoding,
  };
}

export function readWatch(message: Buffer): StreamCall {
  const request = WatchRequest.decode(message);
  const { ref, labelSelector, fieldSelector, encoding, sendInitialEvents } = request;
  const read = {
    ...selectors(request),
    ...(request.allowWatchBookmarks ? { allowWatchBookmarks: true } : {}),
    ...(sendInitialEvents === undefined ? {} : { sendInitialEvents }),
  };
  const options = { ...noOptions, read, timeoutSeconds: request.timeoutSeconds };
  return { parts: { verb: "watch", ref, labelSelector, fieldSelector, options }, encoding };
}

function selectors(request: ListRequest | WatchRequest) {
  const { labelSelector, fieldSelector, resourceVersion, resourceVersionMatch } = request;
  return {
    ...(labelSelector === "" ? {} : { labelSelector }),
    ...(fieldSelector === "" ? {} : { fieldSelector }),
    ...(resourceVersion === "" ? {} : { resourceVersion }),
    ...(resourceVersionMatch === "" ? {} : { resourceVersionMatch }),
  };
}
