/**
 * The items of a list as it is written: their ready bytes one behind the other, without what the list says for all of
 * them. They are copied into pieces that are made while the receiver takes them, and each byte is copied once: leaving
 * the kind out is a place to copy from.
 *
 * Upstream: typed lists of client-go's types, whose items have no kind; those of custom resources have.
 */
import type { Body } from "./write-buffers.ts";

const pieceBytes = 64 * 1024;
const comma = 44;
const brace = 123;
/** What stands behind kind and apiVersion in everything that is stored: `"metadata"`. */
const next = Buffer.from('"metadata"');

export class ListBody implements Body {
  readonly length: number;
  readonly #head: Buffer;
  readonly #items: readonly Buffer[];
  readonly #end: Buffer;
  /** Of an item that is cut: the length of its brace, kind and apiVersion. */
  readonly #cut: number;

  /** `common` is what each item says of itself in front of its metadata: `"kind":"Pod","apiVersion":"v1",`. */
  constructor(head: Buffer, items: readonly Buffer[], end: Buffer, common: string) {
    this.#head = head;
    this.#items = items;
    this.#end = end;
    this.#cut = 1 + Buffer.byteLength(common);
    let length = head.length + end.length + Math.max(0, items.length - 1);
    for (const item of items) length += item.length - (this.#isCut(item) ? this.#cut - 1 : 0);
    this.length = length;
  }

  *pieces(): Generator<Buffer> {
    let piece = Buffer.allocUnsafe(pieceBytes);
    let at = this.#head.copy(piece);
    let isFirst = true;
    for (const item of this.#items) {
      const from = this.#isCut(item) ? this.#cut : 1;
      const length = item.length - from;
      if (at + length + 2 > pieceBytes) {
        yield piece.subarray(0, at);
        piece = Buffer.allocUnsafe(pieceBytes);
        at = 0;
      }
      if (!isFirst) piece[at++] = comma;
      isFirst = false;
      piece[at++] = brace;
      if (at + length > pieceBytes) {
        yield piece.subarray(0, at);
        yield item.subarray(from);
        piece = Buffer.allocUnsafe(pieceBytes);
        at = 0;
      } else at += item.copy(piece, at, from);
    }
    if (at > 0) yield piece.subarray(0, at);
    yield this.#end;
  }

  /** Items of a list are of one kind, so the place tells; looking at the first two bytes there is enough. */
  #isCut(item: Buffer): boolean {
    return item[this.#cut] === next[0] && item[this.#cut + 1] === next[1];
  }
}
