import type { HealthChecks } from "@kubets/service";
import type { PathHandler } from "./path-handler.ts";

export function healthPaths(health: HealthChecks): PathHandler {
  return {
    paths: () => ["/healthz", "/livez", "/readyz"],
    serve: async ({ exchange, context, path }) => {
      if (!/^\/(healthz|livez|readyz)(\/|$)/.test(path)) return false;
      const answer = await health.answer(path, new URLSearchParams(exchange.query));
      if (answer === undefined) return false;
      const headers = { ...answer.headers, "audit-id": context.auditId };
      exchange.send(
        answer.status,
        { ...headers, "cache-control": "no-cache, private" },
        answer.body,
      );
      return true;
    },
  };
}
