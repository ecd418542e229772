import type { Metrics } from "@kubets/service";
import { type PathHandler, sendText } from "./path-handler.ts";

export function metricsPath(metrics: Metrics): PathHandler {
  return {
    paths: () => ["/metrics"],
    serve: async (request) => {
      if (request.path !== "/metrics") return false;
      sendText(request, 200, await metrics.text(), metrics.contentType);
      return true;
    },
  };
}
