import {
  encodeProtobuf,
  type JsonValue,
  type KubeObject,
  parseJson,
  stringifyJson,
  stringifyYaml,
} from "@kubets/api";
import type { Outcome, RequestContext } from "@kubets/request";
import type { Entry } from "@kubets/watch-cache";
import type { Exchange } from "../http/exchange.ts";
import { answerHeaders } from "./answer-headers.ts";
import { metadataJson, metadataProtobuf } from "./metadata-only.ts";
import { type AnswerForm, mediaTypeOf } from "./negotiate.ts";
import { prettyJson, wantsPretty } from "./pretty.ts";
import { type TableForm, tableBuffers } from "./table.ts";
import { protobufOf } from "./watch-frames.ts";
import type { ListWriting } from "./write-list.ts";

type EntryOutcome = Extract<Outcome, { readonly kind: "entry" }>;

/** A stored object, from its ready bytes. */
export function writeEntry(writing: ListWriting, { code, entry }: EntryOutcome): void {
  const { exchange, context, form, table } = writing;
  const headers = answerHeaders(context, mediaTypeOf[form.format]);
  const isPartial = form.as === "PartialObjectMetadata";
  if (form.format === "protobuf") {
    const bytes = isPartial ? metadataProtobuf(entry, form.version) : protobufOf(entry);
    exchange.send(code, headers, bytes);
    return;
  }
  const json =
    table !== undefined
      ? Buffer.concat([
          ...tableBuffers(table, { resourceVersion: String(entry.revision) }, [entry]),
        ])
      : isPartial
        ? metadataJson(entry, form.version)
        : entry.json;
  exchange.send(code, headers, textBody(exchange, form, json));
}

function textBody(exchange: Exchange, form: AnswerForm, json: Buffer): Buffer | string {
  if (form.format === "yaml") return stringifyYaml(parseJson(json));
  return wantsPretty(exchange, form) ? `${prettyJson(json)}\n` : json;
}

/** An object that is not stored as such. */
export function writeObject(
  exchange: Exchange,
  context: RequestContext,
  form: AnswerForm,
  { code, object }: { readonly code: number; readonly object: KubeObject },
  table?: TableForm,
): void {
  const headers = answerHeaders(context, mediaTypeOf[form.format]);
  if (form.format === "protobuf") {
    exchange.send(code, headers, encodeProtobuf(object));
    return;
  }
  const entry = unstored(object);
  const { resourceVersion = "" } = object.metadata;
  const json =
    table === undefined
      ? entry.json
      : Buffer.concat([...tableBuffers(table, { resourceVersion }, [entry])]);
  exchange.send(code, headers, textBody(exchange, form, json));
}

/** An object that is made for one answer, so nothing of it is kept. */
function unstored(object: KubeObject): Entry {
  const { name = "", namespace = "" } = object.metadata;
  const entry: Entry = {
    key: { group: "", resource: "", namespace, name },
    revision: 0n,
    object,
    json: Buffer.from(stringifyJson(object as unknown as JsonValue)),
    form: (_name, make) => make(entry),
  };
  return entry;
}
