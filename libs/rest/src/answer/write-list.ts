/** A page of a list in the form that the client asked for. */
import {
  apiVersionOf,
  encodeProtobuf,
  type KubeObject,
  parseJson,
  stringifyYaml,
} from "@kubets/api";
import type { Outcome, RequestContext } from "@kubets/request";
import type { Exchange } from "../http/exchange.ts";
import { answerHeaders } from "./answer-headers.ts";
import { metadataJson, metadataOnly } from "./metadata-only.ts";
import { type AnswerForm, mediaTypeOf } from "./negotiate.ts";
import { prettyJson, wantsPretty } from "./pretty.ts";
import { type TableForm, tableBuffers } from "./table.ts";
import { writeBuffers } from "./write-buffers.ts";

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
  const buffers = jsonBuffers(writing, outcome);
  if (form.format === "yaml") {
    const text = stringifyYaml(parseJson(Buffer.concat(buffers)));
    await writeBuffers(exchange, headers, [Buffer.from(text)]);
    return;
  }
  if (wantsPretty(exchange, form)) {
    await writeBuffers(exchange, headers, [Buffer.from(`${prettyJson(Buffer.concat(buffers))}\n`)]);
    return;
  }
  await writeBuffers(exchange, headers, buffers);
}

const comma = Buffer.from(",");
const listEnd = Buffer.from("]}\n");

function jsonBuffers({ form, table }: ListWriting, outcome: ListOutcome): Buffer[] {
  const { page } = outcome;
  const metadata = listMetadata(outcome);
  if (table !== undefined) return [...tableBuffers(table, metadata, page.entries)];
  const { kind, apiVersion } = listKind(form, outcome);
  const buffers: Buffer[] = [
    Buffer.from(
      `{"kind":"${kind}","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},"items":[`,
    ),
  ];
  const { version } = form;
  let isFirst = true;
  for (const entry of page.entries) {
    if (!isFirst) buffers.push(comma);
    isFirst = false;
    buffers.push(form.as === undefined ? entry.json : metadataJson(entry, version));
  }
  buffers.push(listEnd);
  return buffers;
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
