/**
 * From a verb's outcome to bytes on the wire.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/response.go transformResponseObject @1.36
 */

import type { ResourceStore, TableConvertor } from "@kubets/registry";
import type { Outcome, RequestContext } from "@kubets/request";
import { refuseAnswerType } from "@kubets/request";
import type { Clock } from "@kubets/service";
import type { Exchange } from "../http/exchange.ts";
import type { AnswerForm } from "./negotiate.ts";
import { parseIncludeObject, type TableForm } from "./table.ts";
import { type ListWriting, writeList } from "./write-list.ts";
import { writeEntry, writeObject } from "./write-object.ts";
import { writeStatus } from "./write-status.ts";

/** Outcomes that are one answer; watches and connections have writers of their own. */
export type AnswerOutcome = Exclude<Outcome, { readonly kind: "watch" | "connect" }>;

export async function writeOutcome(
  exchange: Exchange,
  context: RequestContext,
  form: AnswerForm,
  outcome: AnswerOutcome,
  clock: Clock,
): Promise<void> {
  switch (outcome.kind) {
    case "entry":
      if (form.as === "PartialObjectMetadataList") {
        throw refuseAnswerType(["application/json;as=PartialObjectMetadata"]);
      }
      writeEntry(writingOf(exchange, context, form, outcome.store, clock), outcome);
      return;
    case "list":
      if (form.as === "PartialObjectMetadata") {
        throw refuseAnswerType(["application/json;as=PartialObjectMetadataList"]);
      }
      await writeList(writingOf(exchange, context, form, outcome.store, clock), outcome);
      return;
    case "object":
      writeObject(
        exchange,
        context,
        form,
        outcome,
        outcome.table && tableFormOf(exchange, form, outcome.table, clock),
      );
      return;
    case "status":
      writeStatus(exchange, context, outcome.code, outcome.status, form);
  }
}

function writingOf(
  exchange: Exchange,
  context: RequestContext,
  form: AnswerForm,
  store: ResourceStore,
  clock: Clock,
): ListWriting {
  const table = tableFormOf(exchange, form, store.table, clock);
  return { exchange, context, form, ...(table === undefined ? {} : { table }) };
}

export function tableFormOf(
  exchange: Exchange,
  form: AnswerForm,
  convertor: TableConvertor,
  clock: Clock,
): TableForm | undefined {
  if (form.as !== "Table") return undefined;
  const asked = exchange.query.includes("includeObject")
    ? new URLSearchParams(exchange.query).get("includeObject")
    : null;
  return {
    convertor,
    version: form.version,
    includeObject: parseIncludeObject(asked ?? undefined),
    nowMs: clock.now(),
  };
}
