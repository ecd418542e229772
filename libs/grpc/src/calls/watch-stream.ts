/** One watch of one client: what is delivered together goes out as one message, made of shared ready pieces. */
import {
  apiVersionOf,
  internalError,
  isStatusError,
  type KubeObject,
  type ResourceInfo,
} from "@kubets/api";
import { Encoding } from "@kubets/rpc";
import type { Entry, WatchEvent, WatchHandle, WatchSink } from "@kubets/watch-cache";
import type { GrpcCall } from "../grpc-call.ts";
import { batchPiece } from "../wire/fields.ts";
import { entryBytes, objectBytes } from "./object-bytes.ts";

const batchBytesMax = 1024 * 1024;

export class WatchStream implements WatchSink {
  readonly #call: GrpcCall;
  readonly #info: ResourceInfo;
  readonly #encoding: Encoding;
  readonly #piece: Readonly<Record<"ADDED" | "MODIFIED" | "DELETED", PieceForm>>;
  #handle: WatchHandle | undefined;
  #isPaused = false;
  #isOver = false;

  readonly #onEnd: () => void;

  /** `onEnd`: the watch has ended; what is written may still wait for the client. */
  constructor(call: GrpcCall, info: ResourceInfo, encoding: Encoding, onEnd: () => void) {
    this.#call = call;
    this.#onEnd = onEnd;
    this.#info = info;
    this.#encoding = encoding;
    this.#piece = encoding === Encoding.ENCODING_PROTOBUF ? protobufPieces : jsonPieces;
    call.onDrain(() => this.#onDrain());
  }
  start(handle: WatchHandle): void {
    this.#handle = handle;
    this.#call.start();
    if (this.#isOver) handle.close();
    else if (!this.#isPaused) handle.resume();
  }
  deliver(events: readonly WatchEvent[]): boolean {
    if (this.#isOver) return true;
    let taken = true;
    let pieces: Buffer[] = [];
    let length = 0;
    for (const event of events) {
      const piece = this.#pieceOf(event);
      if (length > 0 && length + piece.length > batchBytesMax) {
        this.#call.writePieces(pieces);
        pieces = [];
        length = 0;
      }
      pieces.push(piece);
      length += piece.length;
    }
    if (length > 0) taken = this.#call.writePieces(pieces);
    if (!taken) this.#isPaused = true;
    return taken;
  }
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#call.end();
    this.#onEnd();
  }
  /** From our side. */
  close(): void {
    this.#handle?.close();
    this.end();
  }
  #onDrain(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#handle?.resume();
  }
  #pieceOf(event: WatchEvent): Buffer {
    const { type, entry } = event;
    if (entry !== undefined && type !== "BOOKMARK" && type !== "ERROR") {
      const { name, make } = this.#piece[type];
      return entry.form(name, make);
    }
    return batchPiece(type, this.#encoding, objectBytes(this.#objectOf(event), this.#encoding));
  }
  /** What a bookmark or an error carries. */
  #objectOf(event: WatchEvent): KubeObject {
    if (event.type !== "BOOKMARK") {
      const error = isStatusError(event.error)
        ? event.error
        : internalError("the watch has failed");
      return error.status as KubeObject;
    }
    return {
      kind: this.#info.kind,
      apiVersion: apiVersionOf(this.#info),
      metadata: {
        resourceVersion: String(event.revision),
        ...(event.initialEventsEnd === true
          ? { annotations: { "k8s.io/initial-events-end": "true" } }
          : {}),
      },
    };
  }
}

interface PieceForm {
  readonly name: string;
  readonly make: (entry: Entry) => Buffer;
}

function pieceForms(encoding: Encoding, prefix: string) {
  const form = (type: "ADDED" | "MODIFIED" | "DELETED"): PieceForm => ({
    name: `${prefix}-${type}`,
    make: (entry) => batchPiece(type, encoding, entryBytes(entry, encoding)),
  });
  return { ADDED: form("ADDED"), MODIFIED: form("MODIFIED"), DELETED: form("DELETED") };
}

const jsonPieces = pieceForms(Encoding.ENCODING_JSON, "grpc-json");
const protobufPieces = pieceForms(Encoding.ENCODING_PROTOBUF, "grpc-protobuf");
