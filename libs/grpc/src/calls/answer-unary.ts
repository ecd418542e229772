import { apiVersionOf, badRequest, type KubeObject } from "@kubets/api";
import type { Outcome } from "@kubets/request";
import type { Encoding } from "@kubets/rpc";
import { messageBytesMax } from "../grpc-call.ts";
import { objectResponse } from "../wire/fields.ts";
import { entryBytes, objectBytes } from "./object-bytes.ts";

type ListOutcome = Extract<Outcome, { readonly kind: "list" }>;

/** The bytes of a `GetResponse` or `ObjectResponse`. */
export function answerUnary(outcome: Outcome, encoding: Encoding): Buffer {
  switch (outcome.kind) {
    case "entry":
      return objectResponse(encoding, entryBytes(outcome.entry, encoding));
    case "object":
      return objectResponse(encoding, objectBytes(outcome.object, encoding));
    case "status":
      return objectResponse(encoding, objectBytes(outcome.status as KubeObject, encoding));
    case "list":
      return objectResponse(encoding, objectBytes(listOrSuccess(outcome), encoding));
    case "watch":
    case "connect":
      throw badRequest("connecting subresources are served over HTTP only");
  }
}

/** What a collection's delete deleted; only that it did so where gRPC clients would refuse the size by default. */
function listOrSuccess(outcome: ListOutcome): KubeObject {
  const bytes = outcome.page.entries.reduce((sum, { json }) => sum + json.length, 0);
  if (bytes <= messageBytesMax) return listObject(outcome);
  const success = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success" };
  return success as KubeObject;
}

function listObject({ page, store }: ListOutcome): KubeObject {
  const { info } = store;
  const list = {
    kind: info.listKind ?? `${info.kind}List`,
    apiVersion: apiVersionOf(info),
    metadata: { resourceVersion: String(page.revision) },
    items: page.entries.map(({ object }) => object),
  };
  return list as KubeObject;
}
