/**
 * Runs one watch from its head to its end.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/get.go ListResource and watch.go @1.36
 */
import type { Outcome, RequestContext } from "@kubets/request";
import type { Clock } from "@kubets/service";
import type { Exchange } from "../http/exchange.ts";
import type { UpgradeExchange } from "../http/upgrade-exchange.ts";
import { answerHeaders } from "./answer-headers.ts";
import { type AnswerForm, mediaTypeOf } from "./negotiate.ts";
import { type FrameMaker, frameMaker } from "./watch-frames.ts";
import { WatchWriter } from "./watch-writer.ts";
import { tableFormOf } from "./write-outcome.ts";

type WatchOutcome = Extract<Outcome, { readonly kind: "watch" }>;

export interface WatchServing {
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  /** --min-request-timeout */
  readonly minRequestTimeoutMs: number;
  /** Watches under way, so that a stop can end them. */
  readonly underWay: Set<WatchWriter>;
  readonly onEvents?: (outcome: WatchOutcome, count: number) => void;
}

/** The watch is served over a WebSocket, an event a message. */
export interface WatchUpgrade {
  readonly exchange: UpgradeExchange;
  readonly protocol: string;
}

/** A client that does not read is not waited for when its watch has ended. */
const patienceMs = 10_000;

/** Resolves when the watch is over. Rejects with StatusError where it cannot begin. */
export async function serveWatch(
  serving: WatchServing,
  exchange: Exchange,
  context: RequestContext,
  form: AnswerForm,
  outcome: WatchOutcome,
  upgrade?: WatchUpgrade,
): Promise<void> {
  const { clock, underWay, onEvents } = serving;
  const table = tableFormOf(exchange, form, outcome.store.table, clock);
  let cancelPatience: () => void = () => undefined;
  const frames = frameMaker(outcome.store.info, form, table);
  const isText = form.format === "json";
  const writer = new WatchWriter({
    frames: upgrade === undefined || isText ? frames : withoutLengths(frames),
    isPerEvent: upgrade !== undefined,
    begin: () =>
      upgrade === undefined
        ? exchange.begin(200, answerHeaders(context, streamType(form)))
        : upgrade.exchange.beginMessages({ protocol: upgrade.protocol, isText }),
    onEnd: () => {
      cancelPatience = clock.setTimer(patienceMs, () => exchange.abort());
    },
    ...(onEvents === undefined ? {} : { onEvents: (count) => onEvents(outcome, count) }),
  });
  const handle = await outcome.open(writer);
  const over = new Promise<void>((resolve) => exchange.onClose(resolve));
  writer.start(handle);
  underWay.add(writer);
  const cancel = clock.setTimer(lengthMs(serving, outcome.timeoutSeconds), () => writer.close());
  await over;
  cancel();
  cancelPatience();
  underWay.delete(writer);
  writer.close();
  cancelPatience();
}

function lengthMs({ minRequestTimeoutMs, random }: WatchServing, timeoutSeconds: number): number {
  if (timeoutSeconds > 0) return timeoutSeconds * 1_000;
  return minRequestTimeoutMs * (1 + random());
}

/** JSON streams carry the plain type; others say what they are. */
function streamType(form: AnswerForm): string {
  const type = mediaTypeOf[form.format];
  return form.format === "json" ? type : `${type};stream=watch`;
}

/** A message has a length of its own: the one in front of protobuf frames would be in the way. */
function withoutLengths(frames: FrameMaker): FrameMaker {
  return {
    object: (type, entry) => frames.object(type, entry).subarray(lengthBytes),
    bookmark: (event) => frames.bookmark(event).subarray(lengthBytes),
    error: (status) => frames.error(status).subarray(lengthBytes),
  };
}

const lengthBytes = 4;
