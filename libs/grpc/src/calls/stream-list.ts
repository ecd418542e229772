/** A list in chunks of bounded size, written as fast as the client takes them. */
import type { Outcome } from "@kubets/request";
import { type Encoding, ListChunk } from "@kubets/rpc";
import type { GrpcCall } from "../grpc-call.ts";
import { LIST_ITEMS_FIELD, payloadHeads } from "../wire/fields.ts";
import { entryBytes } from "./object-bytes.ts";

const chunkBytesMax = 1024 * 1024;

type ListOutcome = Extract<Outcome, { readonly kind: "list" }>;

export async function streamList(
  call: GrpcCall,
  { page }: ListOutcome,
  encoding: Encoding,
): Promise<void> {
  let pieces: Buffer[] = [fields({ resourceVersion: String(page.revision) })];
  let length = 0;
  for (const entry of page.entries) {
    const bytes = entryBytes(entry, encoding);
    if (length > 0 && length + bytes.length > chunkBytesMax) {
      if (!call.writePieces(pieces)) await call.drained();
      if (call.isClosed) return;
      pieces = [];
      length = 0;
    }
    pieces.push(payloadHeads(LIST_ITEMS_FIELD, encoding, bytes.length), bytes);
    length += bytes.length;
  }
  pieces.push(
    fields({
      continue: page.continueToken,
      ...(page.remaining === undefined || page.continueToken === ""
        ? {}
        : { remainingItemCount: page.remaining }),
    }),
  );
  call.writePieces(pieces);
  call.end();
}

/** The fields of a chunk that are no items. */
function fields(values: Partial<ListChunk>): Buffer {
  const message: ListChunk = { resourceVersion: "", continue: "", items: [], ...values };
  return Buffer.from(ListChunk.encode(message).finish());
}
