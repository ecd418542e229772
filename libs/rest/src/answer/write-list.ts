/** A page of a list in the form that the client asked for. */
import {
  apiVersionOf,
  encodeProtobuf,
  type KubeObject,
  parseJson,
  type ResourceInfo,
  schemas,
  stringifyYaml,
} from "@kubets/api";
import type { Outcome, RequestContext } from "@kubets/request";
import type { Exchange } from "../http/exchange.ts";
import { answerHeaders } from "./answer-headers.ts";
import { ListBody } from "./list-items.ts";
import { metadataJson, metadataOnly } from "./metadata-only.ts";
import { type AnswerForm, mediaTypeOf } from "./negotiate.ts";
import { prettyJson, wantsPretty } from "./pretty.ts";
import { type TableForm, tableBuffers } from "./table.ts";
import { type Body, writeBody, writeBuffers } from "./write-buffers.ts";

type ListOutcome = Extract<Outcome, { readonly kind: "list" }>;

export interface ListWriting {
  readonly exchange: Exchange;
  readonly context: RequestContext;
  readonly form: AnswerForm;
  /** Set where the form asks for a table. */
  readonly table?: TableForm;
}

export async function writeList(writing: ListWriting, outcome: ListOutcome): Promise<void> {
  const { exchange, context, form } = writing;
  const headers = answerHeaders(context, mediaTypeOf[form.format]);
  if (form.format === "protobuf") {
    await writeBuffers(exchange, headers, [encodeProtobuf(listObject(form, outcome))]);
    return;
  }
  const body = jsonBody(writing, outcome);
  if (form.format === "yaml") {
    const text = stringifyYaml(parseJson(Buffer.concat([...body.pieces()])));
    await writeBuffers(exchange, headers, [Buffer.from(text)]);
    return;
  }
  if (wantsPretty(exchange, form)) {
    const text = prettyJson(Buffer.concat([...body.pieces()]));
    await writeBuffers(exchange, headers, [Buffer.from(`${text}\n`)]);
    return;
  }
  await writeBody(exchange, headers, body);
}

const listEnd = Buffer.from("]}\n");

function jsonBody({ form, table }: ListWriting, outcome: ListOutcome): Body {
  const { page, store } = outcome;
  const metadata = listMetadata(outcome);
  if (table !== undefined) {
    const buffers = [...tableBuffers(table, metadata, page.entries)];
    const length = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
    return { length, pieces: () => buffers };
  }
  const { kind, apiVersion } = listKind(form, outcome);
  const head = `{"kind":"${kind}","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},"items":[`;
  const items = page.entries.map((entry) =>
    form.as === undefined ? entry.json : metadataJson(entry, form.version),
  );
  return new ListBody(
    Buffer.from(head),
    items,
    listEnd,
    form.as === undefined ? saidByList(store.info) : "",
  );
}

/** What items of built-in kinds leave out; those of custom resources say it. */
function saidByList(info: ResourceInfo): string {
  if (schemas.kind(info.group, info.version, info.kind) === undefined) return "";
  return `"kind":"${info.kind}","apiVersion":"${apiVersionOf(info)}",`;
}

function listMetadata({ page }: ListOutcome) {
  return {
    resourceVersion: String(page.revision),
    ...(page.continueToken === "" ? {} : { continue: page.continueToken }),
    ...(page.remaining === undefined || page.continueToken === ""
      ? {}
      : { remainingItemCount: page.remaining }),
  };
}

function listKind(form: AnswerForm, { store }: ListOutcome) {
  if (form.as !== undefined) {
    return { kind: "PartialObjectMetadataList", apiVersion: `meta.k8s.io/${form.version}` };
  }
  const { info } = store;
  return { kind: info.listKind ?? `${info.kind}List`, apiVersion: apiVersionOf(info) };
}

function listObject(form: AnswerForm, outcome: ListOutcome): KubeObject {
  const items = outcome.page.entries.map(({ object }) =>
    form.as === undefined ? object : metadataOnly(object, form.version),
  );
  const list = { ...listKind(form, outcome), metadata: listMetadata(outcome), items };
  return list as KubeObject;
}
