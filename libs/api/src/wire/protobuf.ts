/**
 * Kubernetes' protobuf encoding of whole objects: "k8s\0", then a runtime.Unknown that names the kind and
 * holds the message.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/runtime/serializer/protobuf/protobuf.go @1.36
 */

import { JsonSyntaxError } from "../json-syntax-error.ts";
import { type JsonObject, type JsonValue, parseApiVersion } from "../object.ts";
import { messageOfKind, packedType } from "../packed-type.ts";
import { badRequest } from "../status-error.ts";
import type { MessageCodec } from "./message-codec.ts";
import { ProtoReader } from "./proto-reader.ts";
import { ProtoWriter } from "./proto-writer.ts";
import { WireCodecs } from "./wire-codecs.ts";
import { WireError } from "./wire-error.ts";

const MAGIC = Buffer.from("k8s\0");
/** Objects inside objects (List items, admission reviews) are bounded. */
const EMBEDDING_DEPTH_MAX = 10;

export interface DecodedProtobuf {
  readonly apiVersion: string;
  readonly kind: string;
  readonly object: JsonObject;
}

interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Buffer;
  readonly contentEncoding: string;
}

function readEnvelope(bytes: Buffer): Envelope {
  if (bytes.length === 0) throw new WireError("empty data");
  if (bytes.length < MAGIC.length || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new WireError(
      "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]",
    );
  }
  if (bytes.length === MAGIC.length) throw new WireError("empty body");
  const reader = new ProtoReader(bytes, MAGIC.length);
  let apiVersion = "";
  let kind = "";
  let raw: Buffer = bytes.subarray(0, 0);
  let contentEncoding = "";
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === 10) {
      const end = reader.delimited();
      const outer = reader.end;
      reader.end = end;
      while (reader.position < end) {
        const inner = reader.tag();
        if (inner === 10) apiVersion = reader.string();
        else if (inner === 18) kind = reader.string();
        else reader.skip(inner & 7);
      }
      reader.end = outer;
    } else if (tag === 18) raw = reader.view();
    else if (tag === 26) contentEncoding = reader.string();
    else reader.skip(tag & 7);
  }
  return { apiVersion, kind, raw, contentEncoding };
}

let embedding = 0;

function decodeEmbedded(bytes: Buffer): JsonValue {
  if (embedding >= EMBEDDING_DEPTH_MAX) throw new WireError("exceeded max depth");
  embedding++;
  try {
    return decode(bytes).object;
  } finally {
    embedding--;
  }
}

const codecs = new WireCodecs(decodeEmbedded);

function codecOf(apiVersion: string, kind: string): MessageCodec {
  const gv = parseApiVersion(apiVersion);
  const name = gv === undefined ? undefined : messageOfKind(gv.group, gv.version, kind);
  if (name === undefined) {
    throw new WireError(`no kind "${kind}" is registered for version "${apiVersion}"`);
  }
  return codecs.message(name);
}

function decode(bytes: Buffer): DecodedProtobuf {
  const { apiVersion, kind, raw, contentEncoding } = readEnvelope(bytes);
  if (contentEncoding !== "") {
    throw new WireError(`content encoding ${JSON.stringify(contentEncoding)} is not supported`);
  }
  const object: JsonObject = { kind, apiVersion };
  codecOf(apiVersion, kind).readFields(new ProtoReader(raw), object, 0);
  return { apiVersion, kind, object };
}

/** Throws a 400 StatusError where the bytes are no object of a built-in kind. */
export function decodeProtobuf(bytes: Buffer): DecodedProtobuf {
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof WireError || error instanceof JsonSyntaxError) {
      throw badRequest(error.message);
    }
    throw error;
  }
}

/** One writer serves all: encoding never waits. */
const writer = new ProtoWriter();

function encoded(write: () => void): Buffer {
  try {
    write();
    return writer.finish();
  } catch (error) {
    writer.reset();
    throw error;
  }
}

function writeEnvelope(apiVersion: string, kind: string, content: () => void): void {
  // contentType and contentEncoding, both empty
  writer.byte(0);
  writer.byte(34);
  writer.byte(0);
  writer.byte(26);
  const rawMark = writer.written;
  content();
  writer.header(2, rawMark);
  const typeMark = writer.written;
  writer.string(kind);
  writer.byte(18);
  writer.string(apiVersion);
  writer.byte(10);
  writer.header(1, typeMark);
  writer.raw(MAGIC);
}

interface Rooted {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Whether the kind has a protobuf form at all (Table and everything custom has none). */
export function hasProtobuf(apiVersion: string, kind: string): boolean {
  const gv = parseApiVersion(apiVersion);
  const name = gv === undefined ? undefined : messageOfKind(gv.group, gv.version, kind);
  return name !== undefined && packedType(name)?.jsonOnly !== true;
}

/** With envelope, ready to be a body. Throws WireError for kinds without a protobuf form. */
export function encodeProtobuf(object: Rooted): Buffer {
  const codec = codecOf(object.apiVersion, object.kind);
  return encoded(() =>
    writeEnvelope(object.apiVersion, object.kind, () =>
      codec.writeFields(writer, object as unknown as JsonObject),
    ),
  );
}

/** Without envelope: what stands in a list's `items`. */
export function encodeProtobufMessage(object: Rooted): Buffer {
  const codec = codecOf(object.apiVersion, object.kind);
  return encoded(() => codec.writeFields(writer, object as unknown as JsonObject));
}

/** A whole list from items that are encoded already (without envelopes). */
export function encodeProtobufList(
  list: Rooted & { readonly metadata: object },
  items: readonly Uint8Array[],
): Buffer {
  const codec = codecOf(list.apiVersion, list.kind);
  const head = { metadata: list.metadata } as unknown as JsonObject;
  return encoded(() =>
    writeEnvelope(list.apiVersion, list.kind, () => {
      for (let i = items.length - 1; i >= 0; i--) {
        const item = items[i];
        if (item === undefined) continue;
        const mark = writer.written;
        writer.raw(item);
        writer.header(2, mark);
      }
      codec.writeFields(writer, head);
    }),
  );
}

/**
 * A frame of a watch: four bytes of length, then a meta/v1 WatchEvent whose object is `object`, encoded with
 * its envelope.
 */
export function encodeProtobufWatchFrame(type: string, object: Uint8Array): Buffer {
  return encoded(() => {
    const mark = writer.written;
    const objectMark = writer.written;
    writer.raw(object);
    writer.header(1, objectMark);
    writer.header(2, objectMark);
    writer.string(type);
    writer.byte(10);
    const length = writer.written - mark;
    writer.byte(length & 0xff);
    writer.byte((length >>> 8) & 0xff);
    writer.byte((length >>> 16) & 0xff);
    writer.byte(length >>> 24);
  });
}

export interface DecodedWatchEvent {
  readonly type: string;
  readonly object: JsonObject;
}

/** The content of one frame, without its length. */
export function decodeProtobufWatchEvent(frame: Buffer): DecodedWatchEvent {
  const value: JsonObject = {};
  try {
    codecs
      .message("k8s.io.apimachinery.pkg.apis.meta.v1.WatchEvent")
      .readFields(new ProtoReader(frame), value, 0);
  } catch (error) {
    if (error instanceof WireError) throw badRequest(error.message);
    throw error;
  }
  return { type: String(value.type), object: (value.object ?? {}) as JsonObject };
}
