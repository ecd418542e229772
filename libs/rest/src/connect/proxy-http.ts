/**
 * Plain HTTP to a pod, a service's endpoint or a kubelet, and its answer back.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/proxy/upgradeaware.go ServeHTTP @1.36
 */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { pipeline } from "node:stream/promises";
import { createDeflateRaw, createGunzip, createGzip, createInflateRaw } from "node:zlib";
import type { Exchange, Headers } from "../http/exchange.ts";
import { type Backend, backendResponse, forwardableHeaders } from "./backend-request.ts";
import type { ConnectRequest } from "./connector.ts";
import { type ProxiedPlace, rewriteLink, rewritePage } from "./rewrite-links.ts";

export async function proxyHttp(
  { exchange, outcome }: ConnectRequest,
  backend: Backend,
  path: string,
): Promise<void> {
  const prefix = prefixOf(exchange.path, outcome.namespace !== "");
  if (exchange.path === prefix && (exchange.method === "GET" || exchange.method === "HEAD")) {
    // Relative links of the page would otherwise lead out of it.
    const query = exchange.query === "" ? "" : `?${exchange.query}`;
    exchange.send(301, { location: `${prefix}/${query}` }, "");
    return;
  }
  const headers: IncomingHttpHeaders = {};
  for (const name of exchange.headerNames("")) {
    const values = exchange.headerValues(name);
    headers[name] = values.length === 1 ? values[0] : ([...values] as never);
  }
  const response = await backendResponse({
    backend,
    method: exchange.method,
    path,
    headers: {
      ...forwardableHeaders(headers),
      "x-forwarded-for": exchange.remoteAddress,
      "x-forwarded-uri": exchange.path,
    },
    body: exchange.body,
    signal: exchange.signal,
  });
  const requestHost = exchange.header(":authority") ?? exchange.header("host") ?? "";
  await answer(exchange, response, {
    prefix,
    backendHost: `${backend.host.includes(":") ? `[${backend.host}]` : backend.host}:${backend.port}`,
    requestHost,
  });
}

/** Up to and with "proxy". */
function prefixOf(path: string, isNamespaced: boolean): string {
  const segments = isNamespaced ? 8 : 6;
  return path.split("/").slice(0, segments).join("/");
}

async function answer(
  exchange: Exchange,
  response: IncomingMessage,
  place: ProxiedPlace,
): Promise<void> {
  const headers = forwardableHeaders(response.headers) as Record<string, string | string[]>;
  const { location } = response.headers;
  // Redirects are the client's to follow: the apiserver goes nowhere it was not sent.
  if (location !== undefined) headers.location = rewriteLink(location, place);
  const stages = location === undefined ? stagesFor(response, place) : [];
  if (stages.length > 0) delete headers["content-length"];
  const out = exchange.begin(response.statusCode ?? 502, headers satisfies Headers);
  exchange.onClose(() => response.destroy());
  try {
    await pipeline([response, ...stages, out]);
  } catch {
    // Half an answer must not look like a whole one.
    exchange.abort();
  }
}

/** What a page passes on its way; nothing for all that is no page, or is packed in a way we do not know. */
function stagesFor(response: IncomingMessage, place: ProxiedPlace): NodeJS.ReadWriteStream[] {
  const [type = ""] = (response.headers["content-type"] ?? "").split(";");
  if (type.trim() !== "text/html" || response.statusCode === 304) return [];
  switch (response.headers["content-encoding"] ?? "") {
    case "":
      return rewritePage(place);
    case "gzip":
      return [createGunzip(), ...rewritePage(place), createGzip()];
    case "deflate":
      return [createInflateRaw(), ...rewritePage(place), createDeflateRaw()];
    default:
      return [];
  }
}
