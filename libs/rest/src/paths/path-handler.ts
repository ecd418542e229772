/** Paths that are not resources: discovery, documents, health, metrics. */
import type { RequestContext } from "@kubets/request";
import type { Exchange } from "../http/exchange.ts";

export interface PathRequest {
  readonly exchange: Exchange;
  readonly context: RequestContext;
  readonly path: string;
}

export interface PathHandler {
  /** Listed at `/`. */
  readonly paths: () => readonly string[];
  /** False: not one of its paths. */
  serve(request: PathRequest): Promise<boolean> | boolean;
}

export function sendText(
  { exchange, context }: PathRequest,
  status: number,
  body: string,
  contentType = "text/plain; charset=utf-8",
): void {
  exchange.send(
    status,
    {
      "audit-id": context.auditId,
      "cache-control": "no-cache, private",
      "content-type": contentType,
      "x-content-type-options": "nosniff",
    },
    body,
  );
}
