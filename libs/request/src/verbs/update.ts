/** Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/update.go UpdateResource @1.36 */
import type { KubeObject } from "@kubets/api";
import { decodeObject } from "../decode-object.ts";
import { authorizeAs } from "../filters/authorize.ts";
import type { Outcome } from "../outcome.ts";
import { validateWriteOptions } from "../request-options.ts";
import { checkName, matchNamespace } from "./check-identity.ts";
import { handlerOf, objectOutcome, storeOf } from "./store-of.ts";
import type { VerbCall } from "./verb.ts";

export async function update(call: VerbCall): Promise<Outcome> {
  const { context, target, parts } = call;
  const { request } = context;
  const options = request.options();
  const bytes = await request.readBody();
  validateWriteOptions("UpdateOptions", options);
  const decode = (): KubeObject => {
    const draft = decodeObject({
      bytes,
      contentType: request.contentType,
      expected: target.kind,
      fieldValidation: options.fieldValidation,
      warn: (text) => context.warn(text),
    });
    matchNamespace(draft, target.namespace);
    checkName(draft, target);
    return draft;
  };
  // What is wrong with the body is said before the store is asked. Later attempts get a draft of their own.
  let ready: KubeObject | undefined = decode();
  const transform = async (current: KubeObject | undefined): Promise<KubeObject> => {
    if (current === undefined) await authorizeCreate(call);
    const draft = ready ?? decode();
    ready = undefined;
    return draft;
  };
  const scope = context.scope(target.namespace, options);
  const handler = handlerOf(parts.registry, target);
  if (handler?.update !== undefined) {
    const how = { operation: "Update" } as const;
    const object = await handler.update(scope, target.name, transform, how, parts.admission);
    return objectOutcome(handler, object);
  }
  const store = storeOf(parts.registry, target);
  const { entry, created } = await store.update(
    scope,
    target.name,
    transform,
    {
      subresource: target.subresource?.name ?? "",
      forceAllowCreate: false,
      operation: "Update",
    },
    parts.admission,
  );
  return { kind: "entry", code: created ? 201 : 200, entry, store };
}

/** A PUT or an apply patch that makes a new object needs the right to create it. */
export async function authorizeCreate({ context, parts }: VerbCall): Promise<void> {
  await authorizeAs(parts.authorizer, { ...context.attributes, verb: "create" });
}
