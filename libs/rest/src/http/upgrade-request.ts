import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import type { ConnectionIdentity } from "@kubets/request";
import type { RequestTarget } from "./exchange.ts";

/** An HTTP/1.1 request whose connection wants to become something else. */
export interface UpgradeRequest {
  readonly request: IncomingMessage;
  readonly socket: TLSSocket;
  /** What the client sent behind the head already. */
  readonly head: Buffer;
  readonly target: RequestTarget;
  readonly identity: ConnectionIdentity;
}
