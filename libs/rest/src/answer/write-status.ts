import { encodeProtobuf, type KubeObject, type StatusError, stringifyYaml } from "@kubets/api";
import type { Status } from "@kubets/api/meta/v1";
import type { RequestContext } from "@kubets/request";
import type { Exchange } from "../http/exchange.ts";
import { answerHeaders } from "./answer-headers.ts";
import { type AnswerForm, mediaTypeOf } from "./negotiate.ts";
import { wantsPretty } from "./pretty.ts";

/** A refusal; where the head is out already there is nothing left but to break off. */
export function writeError(
  exchange: Exchange,
  context: RequestContext,
  error: StatusError,
  form?: AnswerForm,
): void {
  if (exchange.isHeadSent) {
    exchange.abort();
    return;
  }
  writeStatus(exchange, context, error.code, error.status, form);
}

export function writeStatus(
  exchange: Exchange,
  context: RequestContext,
  code: number,
  status: Status,
  form?: AnswerForm,
): void {
  const format = form?.format ?? "json";
  const headers: Record<string, string | readonly string[]> = {
    ...answerHeaders(context, mediaTypeOf[format]),
  };
  const retryAfter = status.details?.retryAfterSeconds ?? 0;
  if (retryAfter > 0) headers["retry-after"] = String(retryAfter);
  const isRefused = code === 403 || code === 401;
  if (isRefused) headers["x-content-type-options"] = "nosniff";
  exchange.send(code, headers, statusBody(status, format, wantsPretty(exchange, form)));
}

function statusBody(
  status: Status,
  format: AnswerForm["format"],
  isPretty: boolean,
): Buffer | string {
  switch (format) {
    case "json":
      return `${isPretty ? JSON.stringify(status, null, 2) : JSON.stringify(status)}\n`;
    case "yaml":
      return stringifyYaml(status as never);
    case "protobuf":
      return encodeProtobuf(status as KubeObject);
  }
}
