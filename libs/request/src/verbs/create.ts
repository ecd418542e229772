import { decodeObject } from "../decode-object.ts";
import type { Outcome } from "../outcome.ts";
import { validateWriteOptions } from "../request-options.ts";
import { matchNamespace } from "./check-identity.ts";
import { handlerOf, storeOf, unserved } from "./store-of.ts";
import type { VerbCall } from "./verb.ts";

export async function create(call: VerbCall): Promise<Outcome> {
  const { context, target, parts } = call;
  const { request } = context;
  const options = request.options();
  const bytes = await request.readBody();
  validateWriteOptions("CreateOptions", options);
  const draft = decodeObject({
    bytes,
    contentType: request.contentType,
    expected: target.kind,
    fieldValidation: options.fieldValidation,
    warn: (text) => context.warn(text),
  });
  const scope = context.scope(target.namespace, options);
  const { info } = target;
  const virtual = parts.registry.virtual(info.group, info.version, info.resource);
  if (target.subresource === undefined && virtual !== undefined) {
    if (info.namespaced) matchNamespace(draft, target.namespace);
    const object = await virtual.create(scope, draft, parts.admission);
    return { kind: "object", code: 201, object };
  }
  matchNamespace(draft, target.namespace);
  if (target.subresource === undefined) {
    const store = storeOf(parts.registry, target);
    const entry = await store.create(scope, draft, parts.admission);
    return { kind: "entry", code: 201, entry, store };
  }
  const handler = handlerOf(parts.registry, target);
  if (handler?.create === undefined) throw unserved(target);
  const object = await handler.create(scope, target.name, draft, parts.admission);
  return { kind: "object", code: 201, object };
}
