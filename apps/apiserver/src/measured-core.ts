/**
 * The core as an edge without metrics of its own sees it: what comes over gRPC counts like what comes over REST, so that
 * upstream's dashboards show what the cluster's own components do.
 */
import { isStatusError } from "@kubets/api";
import type { RequestContext, RequestCore } from "@kubets/request";
import type { RequestMetrics } from "@kubets/rest";
import type { Clock } from "@kubets/service";

export function measuredCore(
  core: RequestCore,
  requests: RequestMetrics,
  clock: Clock,
): RequestCore {
  return {
    ...core,
    async run<T>(context: RequestContext, perform: (context: RequestContext) => Promise<T> | T) {
      const ended = requests.began(context);
      try {
        const result = await core.run(context, perform);
        ended(context.info.verb === "create" ? 201 : 200, clock.monotonicMs());
        return result;
      } catch (error) {
        ended(isStatusError(error) ? error.code : 500, clock.monotonicMs());
        throw error;
      }
    },
    async performVerb(context) {
      const outcome = await core.performVerb(context);
      if (outcome.kind !== "watch") return outcome;
      const { info } = outcome.store;
      return {
        ...outcome,
        open: (sink) =>
          outcome.open({
            deliver: (events) => {
              requests.watchEvents(info, events.length);
              return sink.deliver(events);
            },
            end: (...args) => sink.end(...args),
          }),
      };
    },
  };
}
