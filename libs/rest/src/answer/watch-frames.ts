/**
 * Watch events as bytes. A frame of an object is made once and kept beside the object for all watchers; only
 * table frames and bookmarks are made for each.
 */
import { apiVersionOf, encodeProtobuf, type KubeObject, type ResourceInfo } from "@kubets/api";
import type { Status } from "@kubets/api/meta/v1";
import type { Entry, WatchEvent, WatchEventType } from "@kubets/watch-cache";
import { metadataJson, metadataProtobuf } from "./metadata-only.ts";
import type { AnswerForm } from "./negotiate.ts";
import { watchFrame } from "./protobuf-frames.ts";
import { type TableForm, tableBuffers } from "./table.ts";

export interface FrameMaker {
  /** Of an object's event. */
  object(type: WatchEventType, entry: Entry): Buffer;
  bookmark(event: WatchEvent): Buffer;
  error(status: Status): Buffer;
}

const frameEnd = Buffer.from("}\n");
const jsonHeads: Readonly<Record<WatchEventType, Buffer>> = {
  ADDED: jsonHead("ADDED"),
  MODIFIED: jsonHead("MODIFIED"),
  DELETED: jsonHead("DELETED"),
  BOOKMARK: jsonHead("BOOKMARK"),
  ERROR: jsonHead("ERROR"),
};

function jsonHead(type: WatchEventType): Buffer {
  return Buffer.from(`{"type":"${type}","object":`);
}

function jsonFrame(type: WatchEventType, object: Buffer): Buffer {
  return Buffer.concat([jsonHeads[type], object, frameEnd]);
}

/** `table` is needed where the form asks for tables. */
export function frameMaker(info: ResourceInfo, form: AnswerForm, table?: TableForm): FrameMaker {
  if (form.as === "Table" && table !== undefined) return tableFrames(table);
  return form.format === "protobuf" ? protobufFrames(info, form) : jsonFrames(info, form);
}

function jsonFrames(info: ResourceInfo, form: AnswerForm): FrameMaker {
  const isPartial = form.as !== undefined;
  const { version } = form;
  const names = formNames(isPartial ? `watch-metadata-${version}` : "watch");
  const make = (type: WatchEventType) => (entry: Entry) =>
    jsonFrame(type, isPartial ? metadataJson(entry, version) : entry.json);
  const makers = { ADDED: make("ADDED"), MODIFIED: make("MODIFIED"), DELETED: make("DELETED") };
  return {
    object: (type, entry) => {
      if (type === "BOOKMARK" || type === "ERROR") return jsonFrame(type, entry.json);
      return entry.form(names[type], makers[type]);
    },
    bookmark: (event) =>
      jsonFrame("BOOKMARK", Buffer.from(JSON.stringify(bookmarkObject(info, form, event)))),
    error: (status) => jsonFrame("ERROR", Buffer.from(JSON.stringify(status))),
  };
}

function protobufFrames(info: ResourceInfo, form: AnswerForm): FrameMaker {
  const isPartial = form.as !== undefined;
  const { version } = form;
  const names = formNames(isPartial ? `watch-protobuf-metadata-${version}` : "watch-protobuf");
  const bytesOf = (entry: Entry) =>
    isPartial ? metadataProtobuf(entry, version) : protobufOf(entry);
  return {
    object: (type, entry) => {
      if (type === "BOOKMARK" || type === "ERROR") return watchFrame(type, bytesOf(entry));
      return entry.form(names[type], () => watchFrame(type, bytesOf(entry)));
    },
    bookmark: (event) => watchFrame("BOOKMARK", encodeProtobuf(bookmarkObject(info, form, event))),
    error: (status) => watchFrame("ERROR", encodeProtobuf(status as KubeObject)),
  };
}

export function protobufOf(entry: Entry): Buffer {
  return entry.form("protobuf", ({ object }) => encodeProtobuf(object));
}

function formNames(prefix: string): Readonly<Record<"ADDED" | "MODIFIED" | "DELETED", string>> {
  return {
    ADDED: `${prefix}-ADDED`,
    MODIFIED: `${prefix}-MODIFIED`,
    DELETED: `${prefix}-DELETED`,
  };
}

/** Columns stand in the first frame only. */
function tableFrames(table: TableForm): FrameMaker {
  let isFirst = true;
  const frame = (type: WatchEventType, resourceVersion: string, entries: readonly Entry[]) => {
    const buffers = [...tableBuffers(table, { resourceVersion }, entries, isFirst)];
    isFirst = false;
    return jsonFrame(type, Buffer.concat(buffers));
  };
  return {
    object: (type, entry) => frame(type, String(entry.revision), [entry]),
    bookmark: (event) => frame("BOOKMARK", String(event.revision), []),
    error: (status) => jsonFrame("ERROR", Buffer.from(JSON.stringify(status))),
  };
}

/** An object of the watched kind with nothing but its resourceVersion. */
export function bookmarkObject(
  info: ResourceInfo,
  form: Pick<AnswerForm, "as" | "version">,
  event: WatchEvent,
): KubeObject {
  const isPartial = form.as !== undefined;
  return {
    kind: isPartial ? "PartialObjectMetadata" : info.kind,
    apiVersion: isPartial ? `meta.k8s.io/${form.version}` : apiVersionOf(info),
    metadata: {
      resourceVersion: String(event.revision),
      ...(event.initialEventsEnd === true
        ? { annotations: { "k8s.io/initial-events-end": "true" } }
        : {}),
    },
  };
}
