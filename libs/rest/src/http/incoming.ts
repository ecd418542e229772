/** The core's view of an HTTP request. */
import {
  type IncomingRequest,
  parseOptions,
  parseRequestInfo,
  Query,
  type RequestInfo,
  type RequestOptions,
} from "@kubets/request";
import type { Exchange } from "./exchange.ts";
import { FENCE_HEADER, parseFence } from "./fence-header.ts";
import { readBody } from "./read-body.ts";
import { websocketToken } from "./websocket-token.ts";

/** Throws 400 where the path makes no sense, or the fence. */
export function incomingRequest(exchange: Exchange): IncomingRequest {
  const query = new Query(exchange.query);
  const info = parseRequestInfo(exchange.method, exchange.path, query);
  return new HttpIncomingRequest(exchange, info, query);
}

class HttpIncomingRequest implements IncomingRequest {
  readonly info: RequestInfo;
  readonly credentials: IncomingRequest["credentials"];
  readonly auditId?: string;
  readonly fence?: NonNullable<IncomingRequest["fence"]>;
  readonly #exchange: Exchange;
  readonly #query: Query;
  #options: RequestOptions | undefined;

  constructor(exchange: Exchange, info: RequestInfo, query: Query) {
    this.#exchange = exchange;
    this.#query = query;
    this.info = info;
    const token = bearerToken(exchange.header("authorization")) ?? upgradeToken(exchange);
    this.credentials = {
      clientCertificates: exchange.clientCertificates,
      ...(token === undefined ? {} : { bearerToken: token }),
      header: (name) => exchange.headerValues(name),
      headerNames: (prefix) => exchange.headerNames(prefix),
      remoteAddress: exchange.remoteAddress,
    };
    const auditId = exchange.header("audit-id");
    if (auditId !== undefined && isAuditId(auditId)) this.auditId = auditId;
    const fence = exchange.header(FENCE_HEADER);
    if (fence !== undefined) this.fence = parseFence(fence);
  }
  get userAgent(): string {
    return this.#exchange.header("user-agent") ?? "";
  }
  get contentType(): string {
    return this.#exchange.header("content-type") ?? "";
  }
  get signal(): AbortSignal {
    return this.#exchange.signal;
  }
  options(): RequestOptions {
    this.#options ??= parseOptions(this.info.verb, this.#query);
    return this.#options;
  }
  readBody(): Promise<Buffer> {
    return readBody(this.#exchange);
  }
}

/** Upstream: staging/src/k8s.io/apiserver/pkg/authentication/request/bearertoken/bearertoken.go @1.36 */
function bearerToken(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return undefined;
  const [scheme = "", token = ""] = authorization.trim().split(/ +/, 2);
  return scheme.toLowerCase() === "bearer" && token !== "" ? token : undefined;
}

function upgradeToken(exchange: Exchange): string | undefined {
  if (exchange.header("upgrade")?.toLowerCase() !== "websocket") return undefined;
  return websocketToken(exchange.headerValues("sec-websocket-protocol"));
}

const auditIdLengthMax = 64;

function isAuditId(value: string): boolean {
  return value.length > 0 && value.length <= auditIdLengthMax && /^[\x21-\x7e]+$/.test(value);
}
