/**
 * One request to a kubelet, pod or service. Nothing that says who the client is goes along: what the
 * backend may know of its caller is the apiserver's own certificate.
 */
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { StatusError } from "@kubets/api";

export interface Backend {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
  /** PEM; for kubelets. */
  readonly tls?: {
    readonly certificate?: string;
    readonly key?: string;
    /** Absent: the backend's certificate is not verified, as upstream does without this setting. */
    readonly authority?: string;
  };
}

export interface BackendCall {
  readonly backend: Backend;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: Readable;
  readonly signal: AbortSignal;
}

export type BackendAnswer =
  | { readonly kind: "response"; readonly response: IncomingMessage }
  /** The backend answered 101. */
  | {
      readonly kind: "switched";
      readonly response: IncomingMessage;
      readonly socket: Socket;
      readonly head: Buffer;
    };

const connectTimeoutMs = 30_000;

/**
 * Of a call that asks for no other protocol. A backend that switches all the same is refused: nobody would look after its
 * connection.
 */
export async function backendResponse(call: BackendCall): Promise<IncomingMessage> {
  const answer = await callBackend(call);
  if (answer.kind === "response") return answer.response;
  answer.socket.destroy();
  const protocol = JSON.stringify(answer.response.headers.upgrade ?? "");
  const message = `backend tried to switch protocol ${protocol} when "" was requested`;
  throw new StatusError({ code: 500, reason: "", message, details: {} });
}

/** Rejects with a StatusError where the backend cannot be reached. */
export function callBackend(call: BackendCall): Promise<BackendAnswer> {
  const { backend, method, path, headers, body, signal } = call;
  const { host, port, tls } = backend;
  const send = backend.scheme === "https" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send({
      host,
      port,
      method,
      path,
      headers: { host: hostHeader(backend), ...headers },
      // Never a shared connection: what one request leaves behind must not meet the next one.
      agent: false,
      signal,
      ...(backend.scheme === "https"
        ? {
            rejectUnauthorized: tls?.authority !== undefined,
            ...(tls?.authority === undefined ? {} : { ca: tls.authority }),
            ...(tls?.certificate === undefined ? {} : { cert: tls.certificate }),
            ...(tls?.key === undefined ? {} : { key: tls.key }),
          }
        : {}),
    });
    request.once("socket", (socket) => {
      socket.setTimeout(connectTimeoutMs, () => request.destroy(new Error("connect timed out")));
      const connected = backend.scheme === "https" ? "secureConnect" : "connect";
      socket.once(connected, () => socket.setTimeout(0));
    });
    request.once("response", (response) => resolve({ kind: "response", response }));
    request.once("upgrade", (response, socket: Socket, head) => {
      resolve({ kind: "switched", response, socket, head });
    });
    request.on("error", (error: NodeJS.ErrnoException) => reject(dialError(backend, error)));
    if (body === undefined) request.end();
    else body.pipe(request);
  });
}

function hostHeader({ host, port }: Backend): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

const dialReasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect: connection refused",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  ETIMEDOUT: "i/o timeout",
};

/** Go's text of a connection that failed. */
function dialError(backend: Backend, error: NodeJS.ErrnoException): StatusError {
  const reason = dialReasons[error.code ?? ""] ?? error.message;
  const message = `error dialing backend: dial tcp ${hostHeader(backend)}: ${reason}`;
  return new StatusError({ code: 500, reason: "", message, details: {} });
}

/** Headers that belong to one connection, and those that say who the client is. */
const withheld: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "host",
  "authorization",
  "cookie",
  "http2-settings",
]);
const withheldPrefixes = ["impersonate-", "x-remote-", "x-forwarded-", ":"];

export function forwardableHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const kept: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || withheld.has(name)) continue;
    if (withheldPrefixes.some((prefix) => name.startsWith(prefix))) continue;
    kept[name] = value;
  }
  return kept;
}
