/**
 * The few protobuf fields that carry ready bytes, written by hand: the generated encoder would copy each
 * object's bytes once more and could not share a watch event between watchers.
 */
import { Encoding, EventType } from "@kubets/rpc";
import type { WatchEventType } from "@kubets/watch-cache";

const LENGTH_DELIMITED = 2;

/** The tag and length in front of `length` bytes. */
export function fieldHead(number: number, length: number): Buffer {
  const bytes: number[] = [(number << 3) | LENGTH_DELIMITED];
  let rest = length;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** `Payload.json` and `Payload.protobuf`. */
function payloadField(encoding: Encoding): number {
  return encoding === Encoding.ENCODING_PROTOBUF ? 2 : 1;
}

/** A field that holds a Payload: its heads, to be followed by the bytes. */
export function payloadHeads(number: number, encoding: Encoding, length: number): Buffer {
  const inner = fieldHead(payloadField(encoding), length);
  return Buffer.concat([fieldHead(number, inner.length + length), inner]);
}

/** `GetResponse` and `ObjectResponse`: the payload is field 1 of both. */
export function objectResponse(encoding: Encoding, bytes: Buffer): Buffer {
  return Buffer.concat([payloadHeads(1, encoding, bytes.length), bytes]);
}

const eventTypes: Readonly<Record<WatchEventType, number>> = {
  ADDED: EventType.EVENT_TYPE_ADDED,
  MODIFIED: EventType.EVENT_TYPE_MODIFIED,
  DELETED: EventType.EVENT_TYPE_DELETED,
  BOOKMARK: EventType.EVENT_TYPE_BOOKMARK,
  ERROR: EventType.EVENT_TYPE_ERROR,
};

/** One element of `WatchBatch.events`, with its field's head: batches are such pieces joined. */
export function batchPiece(type: WatchEventType, encoding: Encoding, bytes: Buffer): Buffer {
  const typeField = Buffer.from([1 << 3, eventTypes[type]]);
  const objectHeads = payloadHeads(2, encoding, bytes.length);
  const length = typeField.length + objectHeads.length + bytes.length;
  return Buffer.concat([fieldHead(1, length), typeField, objectHeads, bytes]);
}

/** `ListChunk.items`. */
export const LIST_ITEMS_FIELD = 4;
