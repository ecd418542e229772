/**
 * A WebSocket that only the server has something to say on: watches and logs.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/watch.go HandleWS,
 * staging/src/k8s.io/streaming/pkg/httpstream/wsstream/stream.go Reader @1.36
 */
import type { IncomingMessage } from "node:http";
import { Writable } from "node:stream";
import { badRequest } from "@kubets/api";
import { WebSocketServer } from "ws";
import type { UpgradeRequest } from "./upgrade-request.ts";
import { websocketProtocols } from "./websocket-token.ts";

export interface MessageForm {
  /** "" for none: the client offered nothing. */
  readonly protocol: string;
  readonly isText: boolean;
  readonly isBase64?: boolean;
}

const NORMAL = 1000;
/** Clients have nothing to say; what they say is dropped. */
const RECEIVED_BYTES_MAX = 64 * 1024;

const server = new WebSocketServer({ noServer: true, maxPayload: RECEIVED_BYTES_MAX });
const chosenProtocols = new WeakMap<IncomingMessage, string>();
server.on("headers", (lines, request) => {
  const chosen = chosenProtocols.get(request);
  if (chosen) lines.push(`Sec-WebSocket-Protocol: ${chosen}`);
});

/** Whether the request is a WebSocket's. Throws 400 where it wants to be one and is not. */
export function isWebSocket({ request }: UpgradeRequest): boolean {
  if (request.headers.upgrade?.toLowerCase() !== "websocket") return false;
  const { "sec-websocket-key": key = "", "sec-websocket-version": version = "" } = request.headers;
  if (request.method !== "GET" || !/^[+/0-9A-Za-z]{22}==$/.test(key) || version !== "13") {
    throw badRequest("the WebSocket handshake is malformed");
  }
  return true;
}

/** For watches: whatever the client offers first, whose meaning is none of the server's business. */
export function firstProtocol({ request }: UpgradeRequest): string {
  return websocketProtocols(request)[0] ?? "";
}

/** Each write becomes one message. Its back-pressure is the connection's. */
export function openMessages(upgrade: UpgradeRequest, form: MessageForm): Writable {
  const { request, socket, head } = upgrade;
  chosenProtocols.set(request, form.protocol);
  delete request.headers["sec-websocket-protocol"];
  let out: Writable | undefined;
  server.handleUpgrade(request, socket, head, (webSocket) => {
    webSocket.on("error", () => webSocket.terminate());
    out = new Writable({
      write(chunk: Buffer, _encoding, done) {
        // Whoever has gone away gets nothing more; the connection's close tells of it.
        if (webSocket.readyState !== webSocket.OPEN) done();
        else if (form.isBase64) webSocket.send(chunk.toString("base64"), () => done());
        else webSocket.send(chunk, { binary: !form.isText }, () => done());
      },
      final(done) {
        webSocket.close(NORMAL);
        done();
      },
      destroy(error, done) {
        webSocket.terminate();
        done(error);
      },
    });
  });
  if (out === undefined) throw badRequest("the WebSocket handshake failed");
  return out;
}
