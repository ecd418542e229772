/** From an authorized request for a resource to what it came to. */
import type { Outcome } from "./outcome.ts";
import type { RequestContext } from "./request-context.ts";
import { methodNotAllowed, resolveTarget } from "./target.ts";
import { connect, isConnecting } from "./verbs/connect.ts";
import { create } from "./verbs/create.ts";
import { deleteCollection, deleteObject } from "./verbs/delete.ts";
import { patch } from "./verbs/patch.ts";
import { get, list, watch } from "./verbs/read.ts";
import { update } from "./verbs/update.ts";
import type { VerbFunction, VerbParts } from "./verbs/verb.ts";

const verbs: Readonly<Record<string, VerbFunction>> = {
  get,
  list,
  watch,
  create,
  update,
  patch,
  delete: deleteObject,
  deletecollection: deleteCollection,
};

/** Resources of the core group that have had their day. Upstream: apiserver/pkg/endpoints/deprecation WarningMessage @1.36 */
const deprecated: ReadonlyMap<string, string> = new Map([
  ["endpoints", "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"],
  ["componentstatuses", "v1 ComponentStatus is deprecated in v1.19+"],
]);

export function performVerb(context: RequestContext, parts: VerbParts): Promise<Outcome> {
  const target = resolveTarget(parts.registry, context.info);
  const { apiGroup, resource } = context.info;
  const outdated = apiGroup === "" ? deprecated.get(resource) : undefined;
  if (outdated !== undefined) context.warn(outdated);
  const call = { context, target, parts };
  if (isConnecting(target)) return connect(call);
  const perform = Object.hasOwn(verbs, context.info.verb) ? verbs[context.info.verb] : undefined;
  if (perform === undefined) throw methodNotAllowed();
  return perform(call);
}
