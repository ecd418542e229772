/**
 * Reads the few messages that come often without copying what they carry: a payload is a piece of the
 * received bytes until it is parsed.
 *
 * Upstream: protobuf wire format; the messages are those of proto/kubets/api/v1/objects.proto
 */
import { EventType } from "@kubets/rpc";
import { ClientError } from "../client.ts";

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** A field: its number and its bytes, or its number and its value. */
type OnBytes = (field: number, bytes: Buffer) => void;
type OnNumber = (field: number, value: number) => void;

const ignoreNumber: OnNumber = () => {};

/** The JSON of a GetResponse or ObjectResponse; absent when it carries none. */
export function readObject(message: Buffer): Buffer | undefined {
  let json: Buffer | undefined;
  readFields(message, (field, bytes) => {
    if (field === 1) json = readPayload(bytes);
  });
  return json;
}

export interface ListChunkBytes {
  readonly resourceVersion: string;
  readonly continueToken: string;
  readonly items: readonly Buffer[];
}

export function readListChunk(message: Buffer): ListChunkBytes {
  let resourceVersion = "";
  let continueToken = "";
  const items: Buffer[] = [];
  readFields(message, (field, bytes) => {
    if (field === 1) resourceVersion = bytes.toString("utf8");
    else if (field === 2) continueToken = bytes.toString("utf8");
    else if (field === 4) items.push(json(readPayload(bytes)));
  });
  return { resourceVersion, continueToken, items };
}

/** Calls back for each event of a WatchBatch, in order. */
export function readWatchBatch(
  message: Buffer,
  onEvent: (type: EventType, object: Buffer) => void,
): void {
  readFields(message, (field, event) => {
    if (field !== 1) return;
    let type: number = EventType.EVENT_TYPE_UNSPECIFIED;
    let object: Buffer | undefined;
    readFields(
      event,
      (inner, bytes) => {
        if (inner === 2) object = readPayload(bytes);
      },
      (inner, value) => {
        if (inner === 1) type = value;
      },
    );
    // A number that is none of them is refused by whoever looks at it.
    onEvent(type as EventType, json(object));
  });
}

function readPayload(payload: Buffer): Buffer | undefined {
  let json: Buffer | undefined;
  readFields(payload, (field, bytes) => {
    if (field === 1) json = bytes;
  });
  return json;
}

function json(bytes: Buffer | undefined): Buffer {
  if (bytes === undefined) throw new ClientError("badResponse", "the answer carries no JSON");
  return bytes;
}

function readFields(message: Buffer, onBytes: OnBytes, onNumber: OnNumber = ignoreNumber): void {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[at++];
      if (byte === undefined || factor > 2 ** 63) throw malformed();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const field = Math.floor(tag / 8);
    switch (tag % 8) {
      case VARINT:
        onNumber(field, varint());
        break;
      case LENGTH_DELIMITED: {
        const length = varint();
        if (at + length > message.length) throw malformed();
        onBytes(field, message.subarray(at, at + length));
        at += length;
        break;
      }
      case FIXED64:
        at += 8;
        break;
      case FIXED32:
        at += 4;
        break;
      default:
        throw malformed();
    }
  }
}

function malformed(): ClientError {
  return new ClientError("badResponse", "the answer is no well-formed message");
}
