/** The seam to what lies behind the apiserver: kubelets, pods and services. */
import type { Outcome, RequestContext } from "@kubets/request";
import type { Exchange } from "../http/exchange.ts";
import type { UpgradeExchange } from "../http/upgrade-exchange.ts";
import type { UpgradeRequest } from "../http/upgrade-request.ts";

export type ConnectOutcome = Extract<Outcome, { readonly kind: "connect" }>;

export interface ConnectRequest {
  readonly exchange: Exchange;
  readonly context: RequestContext;
  readonly outcome: ConnectOutcome;
}

export interface ConnectUpgrade extends ConnectRequest {
  readonly upgrade: UpgradeRequest;
  readonly exchange: UpgradeExchange;
}

export interface Connector {
  /** Resolves when the connection is over; rejects with StatusError where it cannot be made. */
  connect(request: ConnectRequest): Promise<void>;
  upgrade(request: ConnectUpgrade): Promise<void>;
}
