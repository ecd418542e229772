/**
 * An HTTP request to a container: for probes and for lifecycle hooks. Redirects are followed only to the same
 * host; certificates are not checked, since the container's is its own.
 *
 * Upstream: pkg/probe/http/http.go DoHTTPProbe, pkg/probe/http/request.go @1.36
 */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Container, HTTPGetAction } from "@kubets/api/core/v1";
import type { Clock } from "@kubets/service";
import { KubeletError } from "../kubelet-error.ts";
import { dialErrorText, hostPort, type ProbeOutcome } from "./probe-outcome.ts";

export interface HttpGetRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | string[]>>;
}

const BODY_BYTES_MAX = 10 * 1024;
const REDIRECTS_MAX = 10;

/** Throws KubeletError for a port that the container does not have. */
export function httpGetRequest(
  action: HTTPGetAction,
  container: Container,
  podIp: string,
  userAgent: string,
): HttpGetRequest {
  const scheme = (action.scheme ?? "HTTP").toLowerCase();
  const host = action.host || podIp;
  const port = containerPort(action.port, container);
  const path = action.path ?? "/";
  const url = new URL(`${scheme}://${hostPort(host, port)}`);
  const [pathname = "", query] = path.split("?");
  url.pathname = pathname;
  if (query !== undefined) url.search = query;
  const headers: Record<string, string | string[]> = {};
  for (const { name, value } of action.httpHeaders ?? []) {
    const key = name.toLowerCase();
    const known = headers[key];
    headers[key] = known === undefined ? value : [...[known].flat(), value];
  }
  headers["user-agent"] ??= userAgent;
  headers.accept ??= "*/*";
  return { url, headers };
}

export function containerPort(port: number | string, container: Container): number {
  if (typeof port === "number") return checkedPort(port);
  if (/^\d+$/.test(port)) return checkedPort(Number(port));
  const named = (container.ports ?? []).find(({ name }) => name === port);
  if (named === undefined) {
    throw new KubeletError("invalidSpec", `couldn't find port: ${port}`);
  }
  return checkedPort(named.containerPort);
}

function checkedPort(port: number): number {
  if (port > 0 && port < 65_536) return port;
  throw new KubeletError("invalidSpec", `invalid port number: ${port}`);
}

export async function httpProbe(
  request: HttpGetRequest,
  timeoutMs: number,
  clock: Clock,
): Promise<ProbeOutcome> {
  const limit = new AbortController();
  const cancel = clock.setTimer(timeoutMs, () => limit.abort());
  const shown = JSON.stringify(request.url.href);
  try {
    return await follow(request, limit.signal);
  } catch (error) {
    const target = hostPort(hostOf(request.url), portOf(request.url));
    const text = limit.signal.aborted
      ? "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
      : dialErrorText(error, target);
    return { result: "failure", output: `Get ${shown}: ${text}` };
  } finally {
    cancel();
  }
}

async function follow(request: HttpGetRequest, signal: AbortSignal): Promise<ProbeOutcome> {
  let { url } = request;
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
    const answer = await send(url, request.headers, signal);
    if (answer.status >= 300 && answer.status < 400 && answer.location !== undefined) {
      const next = URL.parse(answer.location, url);
      if (next === null || hostOf(next) !== hostOf(url)) {
        return {
          result: "warning",
          output: `Probe terminated redirects, Response body: ${answer.body}`,
        };
      }
      url = next;
      continue;
    }
    if (answer.status >= 200 && answer.status < 400) {
      return { result: "success", output: answer.body };
    }
    return { result: "failure", output: `HTTP probe failed with statuscode: ${answer.status}` };
  }
  return {
    result: "failure",
    output: `Get ${JSON.stringify(url.href)}: stopped after ${REDIRECTS_MAX} redirects`,
  };
}

interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: string;
}

function send(url: URL, headers: HttpGetRequest["headers"], signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { headers: { ...headers, connection: "close" }, signal, agent: false };
    const onAnswer = (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const finish = () =>
        resolve({
          status: response.statusCode ?? 0,
          location: response.headers.location,
          body: Buffer.concat(chunks).toString("utf8", 0, Math.min(size, BODY_BYTES_MAX)),
        });
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        // Enough is known; the rest of a long body is not waited for.
        if (size >= BODY_BYTES_MAX) {
          finish();
          response.destroy();
        }
      });
      response.once("end", finish);
      response.once("error", reject);
    };
    const request =
      url.protocol === "https:"
        ? httpsRequest(url, { ...options, rejectUnauthorized: false }, onAnswer)
        : httpRequest(url, options, onAnswer);
    // Unasked for, but an answer; without this nothing would ever be heard of the request.
    request.once("upgrade", (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, location: undefined, body: "" });
    });
    request.once("error", reject);
    request.end();
  });
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}

function portOf(url: URL): number {
  return url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
}
