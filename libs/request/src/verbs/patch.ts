/**
 * A patch is a function from the stored object to the new one, computed anew whenever another write came
 * between.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go PatchResource @1.36
 */
import { isStatusError, type KubeObject, notFound, unsupportedMediaType } from "@kubets/api";
import { bareMediaType, patchTypes } from "../media-types.ts";
import type { Outcome } from "../outcome.ts";
import { compilePatch, type PatchMechanism } from "../patching/compile-patch.ts";
import { validateWriteOptions } from "../request-options.ts";
import { checkName, matchNamespace } from "./check-identity.ts";
import { handlerOf, objectOutcome, storeOf } from "./store-of.ts";
import { authorizeCreate } from "./update.ts";
import type { VerbCall } from "./verb.ts";

/** How often a patch is tried again after a conflict. */
const retriesMax = 5;

export async function patch(call: VerbCall): Promise<Outcome> {
  const { context, target } = call;
  const { request } = context;
  const patchType = patchTypes.find((type) => type === bareMediaType(request.contentType));
  // Upstream's router knows the types of patches and refuses others itself, in its own words.
  if (patchType === undefined) throw unsupportedMediaType("415: Unsupported Media Type");
  const bytes = await request.readBody();
  const options = request.options();
  const isApply = patchType === "application/apply-patch+yaml";
  validateWriteOptions("PatchOptions", options, isApply);
  const mechanism = compilePatch({
    patchType,
    bytes,
    kind: target.kind,
    subresource: target.subresource?.name ?? "",
    options,
    clock: call.parts.clock,
    warn: (text) => context.warn(text),
  });
  for (let attempt = 0; ; attempt++) {
    try {
      return await store(call, mechanism, isApply);
    } catch (error) {
      // An apply conflict is between managers, not between writes: trying again cannot help.
      if (isApply || attempt >= retriesMax || !isStatusError(error, "Conflict")) throw error;
    }
  }
}

async function store(
  call: VerbCall,
  mechanism: PatchMechanism,
  isApply: boolean,
): Promise<Outcome> {
  const { context, target, parts } = call;
  const transform = async (current: KubeObject | undefined): Promise<KubeObject> => {
    if (current === undefined) {
      if (!isApply) throw notFound(target.info, target.name);
      await authorizeCreate(call);
    }
    const draft = mechanism(current);
    matchNamespace(draft, target.namespace);
    checkName(draft, target);
    return draft;
  };
  const scope = context.scope(target.namespace, context.request.options());
  const handler = handlerOf(parts.registry, target);
  if (handler?.update !== undefined) {
    const how = { operation: isApply ? "Apply" : "Update" } as const;
    const object = await handler.update(scope, target.name, transform, how, parts.admission);
    return objectOutcome(handler, object);
  }
  const resourceStore = storeOf(parts.registry, target);
  const { entry, created } = await resourceStore.update(
    scope,
    target.name,
    transform,
    {
      subresource: target.subresource?.name ?? "",
      forceAllowCreate: isApply,
      operation: isApply ? "Apply" : "Update",
      isPatch: true,
    },
    parts.admission,
  );
  return { kind: "entry", code: created ? 201 : 200, entry, store: resourceStore };
}
