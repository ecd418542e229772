import type { Writable } from "node:stream";
import { badRequest, internalError, StatusError } from "@kubets/api";
import { answerHeaders } from "../answer/answer-headers.ts";
import type { UpgradeExchange } from "../http/upgrade-exchange.ts";
import type { UpgradeRequest } from "../http/upgrade-request.ts";
import { websocketProtocols } from "../http/websocket-token.ts";
import { type Backend, backendResponse } from "./backend-request.ts";
import type { ConnectRequest } from "./connector.ts";
import { readBounded } from "./read-bounded.ts";

/**
 * A container's log as the kubelet sends it, line by line as it comes.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/registry/generic/rest/streamer.go and response_checker.go @1.36
 */
export async function streamLog(
  { exchange, context, outcome }: ConnectRequest,
  backend: Backend,
  path: string,
  begin: () => Writable = () => exchange.begin(200, answerHeaders(context, "text/plain")),
): Promise<void> {
  const { signal } = exchange;
  const response = await backendResponse({ backend, method: "GET", path, headers: {}, signal });
  const status = response.statusCode ?? 502;
  if (status !== 200) throw await backendRefusal(status, outcome, readBounded(response));
  const out = begin();
  await new Promise<void>((resolve) => {
    exchange.onClose(() => {
      response.destroy();
      resolve();
    });
    response.once("error", () => exchange.abort());
    response.pipe(out);
  });
}

const binaryProtocol = "binary.k8s.io";
const base64Protocol = "base64.binary.k8s.io";

/**
 * A log over WebSocket: an empty message at once, then pieces of it. Throws 403 for unknown subprotocols.
 *
 * Upstream: staging/src/k8s.io/streaming/pkg/httpstream/wsstream/stream.go @1.36
 */
export function logMessages(upgrade: UpgradeRequest, exchange: UpgradeExchange): () => Writable {
  const offered = websocketProtocols(upgrade.request);
  const known = ["", binaryProtocol, base64Protocol];
  const protocol = (offered.length === 0 ? [""] : offered).find((each) => known.includes(each));
  if (protocol === undefined) {
    const message = `requested protocol(s) are not supported: [${offered.join(" ")}]; supports [${known.join(" ")}]`;
    throw new StatusError({ code: 403, reason: "Forbidden", message, details: {} });
  }
  return () => {
    const isBase64 = protocol === base64Protocol;
    const out = exchange.beginMessages({ protocol, isText: isBase64, isBase64 });
    out.write(Buffer.alloc(0));
    return out;
  };
}

async function backendRefusal(
  status: number,
  { name }: ConnectRequest["outcome"],
  body: Promise<Buffer>,
): Promise<StatusError> {
  const text = (await body).toString("utf8").trimEnd();
  if (status === 500) return internalError(text);
  if (status === 400) return badRequest(text);
  if (status === 404) {
    return new StatusError({
      code: 404,
      reason: "NotFound",
      message: `the server could not find the requested resource (${text})`,
      details: { name, kind: "pods/log" },
    });
  }
  return new StatusError({
    code: status,
    reason: "",
    message: text,
    details: { name, kind: "pods/log" },
  });
}
