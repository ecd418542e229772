/**
 * Plain HTTP to a pod, a service's endpoint or a kubelet, and its answer back.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/proxy/upgradeaware.go ServeHTTP @1.36
 */
import type { IncomingHttpHeaders } from "node:http";
import type { Headers } from "../http/exchange.ts";
import { type Backend, callBackend, forwardableHeaders } from "./backend-request.ts";
import type { ConnectRequest } from "./connector.ts";

export async function proxyHttp(
  { exchange }: ConnectRequest,
  backend: Backend,
  path: string,
): Promise<void> {
  const headers: IncomingHttpHeaders = {};
  for (const name of exchange.headerNames("")) {
    const values = exchange.headerValues(name);
    headers[name] = values.length === 1 ? values[0] : ([...values] as never);
  }
  const { response } = await callBackend({
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
  // Redirects are the client's to follow: the apiserver goes nowhere it was not sent.
  const out = exchange.begin(
    response.statusCode ?? 502,
    forwardableHeaders(response.headers) as Headers,
  );
  await new Promise<void>((resolve) => {
    exchange.onClose(() => {
      response.destroy();
      resolve();
    });
    response.once("error", () => exchange.abort());
    response.pipe(out);
  });
}
