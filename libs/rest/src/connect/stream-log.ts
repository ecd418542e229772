import { badRequest, internalError, StatusError } from "@kubets/api";
import { answerHeaders } from "../answer/answer-headers.ts";
import { type Backend, callBackend } from "./backend-request.ts";
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
): Promise<void> {
  const { signal } = exchange;
  const answer = await callBackend({ backend, method: "GET", path, headers: {}, signal });
  const { response } = answer;
  const status = response.statusCode ?? 502;
  if (status !== 200) throw await backendRefusal(status, outcome, readBounded(response));
  const out = exchange.begin(200, answerHeaders(context, "text/plain"));
  await new Promise<void>((resolve) => {
    exchange.onClose(() => {
      response.destroy();
      resolve();
    });
    response.once("error", () => exchange.abort());
    response.pipe(out);
  });
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
