import { apiVersionOf, badRequest, type KubeObject } from "@kubets/api";
import type { Outcome } from "@kubets/request";
import type { Encoding } from "@kubets/rpc";
import { objectResponse } from "../wire/fields.ts";
import { entryBytes, objectBytes } from "./object-bytes.ts";

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
      return objectResponse(encoding, objectBytes(listObject(outcome), encoding));
    case "watch":
    case "connect":
      throw badRequest("connecting subresources are served over HTTP only");
  }
}

function listObject({ page, store }: Extract<Outcome, { readonly kind: "list" }>): KubeObject {
  const { info } = store;
  const list = {
    kind: info.listKind ?? `${info.kind}List`,
    apiVersion: apiVersionOf(info),
    metadata: { resourceVersion: String(page.revision) },
    items: page.entries.map(({ object }) => object),
  };
  return list as KubeObject;
}
