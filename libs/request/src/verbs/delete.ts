/** Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/delete.go DeleteResource @1.36 */
import type { KubeObject } from "@kubets/api";
import type { Status } from "@kubets/api/meta/v1";
import type { DeleteResult } from "@kubets/registry";
import { readDeleteOptions } from "../delete-options.ts";
import type { Outcome } from "../outcome.ts";
import type { Target } from "../target.ts";
import { storeOf } from "./store-of.ts";
import type { VerbCall } from "./verb.ts";

export async function deleteObject(call: VerbCall): Promise<Outcome> {
  const { context, target, parts } = call;
  const given = await readDeleteOptions(context.request);
  const scope = context.scope(target.namespace, { ...context.request.options(), ...given.write });
  const store = storeOf(parts.registry, target);
  const result = await store.delete(scope, target.name, given.options, parts.admission);
  const code = !result.deleted && given.asksForDependents ? 202 : 200;
  if (!result.deleted || returnsObject(target)) {
    return { kind: "entry", code, entry: result.entry, store };
  }
  return { kind: "status", code, status: deletedStatus(target, result) };
}

export async function deleteCollection(call: VerbCall): Promise<Outcome> {
  const { context, target, parts } = call;
  const given = await readDeleteOptions(context.request);
  const options = context.request.options();
  const scope = context.scope(target.namespace, { ...options, ...given.write });
  const store = storeOf(parts.registry, target);
  const page = await store.deleteCollection(scope, given.options, options.read, parts.admission);
  return { kind: "list", page, store };
}

function deletedStatus({ info }: Target, { entry }: DeleteResult): Status {
  const { metadata }: KubeObject = entry.object;
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: {
      name: metadata.name ?? "",
      ...(info.group === "" ? {} : { group: info.group }),
      kind: info.resource,
      uid: metadata.uid ?? "",
    },
  };
}

/**
 * Resources whose DELETE answers with the object even when it is gone.
 *
 * Upstream: pkg/registry/<group>/<resource>/storage/storage.go ReturnDeletedObject @1.36
 */
const returned: ReadonlySet<string> = new Set([
  "/persistentvolumeclaims",
  "/persistentvolumes",
  "/pods",
  "/podtemplates",
  "/resourcequotas",
  "/serviceaccounts",
  "/services",
  "storage.k8s.io/csidrivers",
  "storage.k8s.io/csinodes",
  "storage.k8s.io/storageclasses",
  "storage.k8s.io/volumeattachments",
  "storage.k8s.io/volumeattributesclasses",
]);

function returnsObject({ info }: Target): boolean {
  return returned.has(`${info.group}/${info.resource}`);
}
