/** Sends a suite to one server and gives its answers, normalised, one for each compared exchange. */
import { Asker, type Server } from "./ask.ts";
import type { Answer, Exchange, Suite } from "./exchange.ts";
import { normalise } from "./normalise.ts";

export interface Answered {
  readonly exchange: Exchange;
  readonly answer: Answer;
}

export async function runSuite(
  server: Server,
  suite: Suite,
  options: { readonly run: string; readonly nowMs: number },
): Promise<Answered[]> {
  const asker = new Asker(server);
  const namespace = `parity-${suite.name}-${options.run}`;
  const answered: Answered[] = [];
  const prepare: Exchange[] = [
    {
      do: "POST /api/v1/namespaces",
      body: { apiVersion: "v1", kind: "Namespace", metadata: { name: "{ns}" } },
    },
    {
      do: "POST /api/v1/namespaces/{ns}/serviceaccounts",
      body: { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } },
    },
  ];
  try {
    for (const exchange of prepare) {
      const raw = await asker.ask(exchange, suite.objects, namespace);
      if (raw.code !== 201) throw new Error(`${exchange.do}: ${raw.code} ${raw.text}`);
    }
    for (const exchange of suite.exchanges) {
      const raw = await asker.ask(exchange, suite.objects, namespace);
      if (exchange.quiet) {
        if (raw.code >= 300) throw new Error(`${suite.name}: ${exchange.do}: ${raw.text}`);
        continue;
      }
      const sent = JSON.stringify([exchange, exchange.of && suite.objects[exchange.of]]);
      const keepManagedFields = exchange.patch === "apply";
      answered.push({
        exchange,
        answer: normalise(raw, {
          namespace,
          sent,
          nowMs: options.nowMs,
          keepManagedFields,
          isTable: exchange.accept?.includes("as=Table") ?? false,
        }),
      });
    }
  } finally {
    asker.close();
  }
  return answered;
}
