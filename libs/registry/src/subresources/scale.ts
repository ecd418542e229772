/**
 * The scale subresource: how many replicas a workload should have and has, in one form for all of them.
 *
 * Upstream: pkg/registry/apps/deployment/storage/storage.go ScaleREST and its siblings @1.36
 */
import type { AdmissionChain, AdmissionRequest } from "@kubets/admission";
import {
  invalid,
  type KubeObject,
  labelSelectorFrom,
  labelSelectorFromMap,
  notFound,
  schemas,
  type TypeSchema,
} from "@kubets/api";
import type { Scale } from "@kubets/api/autoscaling/v1";
import type { LabelSelector, ManagedFieldsEntry } from "@kubets/api/meta/v1";
import { entriesOfScale, entriesOfScaled, recordUpdate } from "@kubets/patch";
import {
  type AnyObject,
  type Draft,
  draftOf,
  fieldsOf,
  numberField,
  objectField,
} from "../draft.ts";
import type { GenericStore } from "../generic/generic-store.ts";
import type { RequestScope, SubresourceHandler, Transform } from "../store.ts";
import { tableOf } from "../tables/tables.ts";
import { SubresourceAdmissionRequest } from "./admission-request.ts";

const KIND = { group: "autoscaling", version: "v1", kind: "Scale" } as const;
const API_VERSION = "autoscaling/v1";
const TYPE = typeOfScale();

function typeOfScale(): TypeSchema {
  const type = schemas.kind(KIND.group, KIND.version, KIND.kind);
  if (type === undefined) throw new TypeError("there is no schema of Scale");
  return type;
}

export function scaleOf(store: GenericStore): SubresourceHandler {
  return {
    resource: store.info,
    subresource: "scale",
    table: tableOf(KIND.group, KIND.kind),
    async get(scope, name) {
      return toScale(fieldsOf((await store.get(scope, name)).object));
    },
    async update(scope, name, transform, { operation }, admission) {
      const account = operation === "Update" ? recordOf(store, scope) : entriesOf;
      const { entry } = await store.update(
        scope,
        name,
        throughScale(store, name, transform, account),
        // Whose the replicas are was settled on the scale.
        { subresource: "scale", forceAllowCreate: false, operation: "Apply" },
        asScale(store, scope, admission),
      );
      return toScale(fieldsOf(entry.object));
    },
  };
}

/** The managedFields of a scale behind a write. */
type Account = (wanted: Scale, live: Scale) => readonly ManagedFieldsEntry[] | undefined;

/** An apply has kept account itself. */
const entriesOf: Account = ({ metadata }) => metadata.managedFields ?? undefined;

function recordOf({ context }: GenericStore, scope: RequestScope): Account {
  return (updated, live) =>
    recordUpdate({
      live,
      updated: { ...updated, spec: specOf(updated.spec?.replicas ?? 0) } as Scale,
      manager: scope.fieldManager,
      apiVersion: API_VERSION,
      subresource: "scale",
      nowMs: context.clock.now(),
      type: TYPE,
    });
}

function throughScale(
  store: GenericStore,
  name: string,
  transform: Transform,
  account: Account,
): Transform {
  return async (current) => {
    if (current === undefined) throw notFound(store.info, name);
    const { apiVersion, metadata } = current;
    const live = toScale(fieldsOf(current));
    live.metadata.managedFields = entriesOfScale(metadata.managedFields ?? []);
    const scale = (await transform(live)) as Scale;
    checkScale(scale, name);
    const draft = withScale(current, scale);
    const entries = entriesOfScaled(metadata.managedFields ?? [], account(scale, live), apiVersion);
    draft.metadata.managedFields = entries.length > 0 ? entries : undefined;
    return draft;
  };
}

/** Upstream: pkg/apis/autoscaling/validation/validation.go ValidateScale @1.36 */
function checkScale({ spec }: Scale, name: string): void {
  const replicas = spec?.replicas ?? 0;
  if (replicas >= 0) return;
  throw invalid(KIND, name, [
    {
      reason: "FieldValueInvalid",
      message: `Invalid value: ${replicas}: must be greater than or equal to 0`,
      field: "spec.replicas",
    },
  ]);
}

/** The workload as the scale wants it; who is meant comes from the scale too. */
function withScale(current: KubeObject, { metadata, spec }: Scale): Draft {
  const draft = draftOf(current);
  draft.metadata.resourceVersion = metadata.resourceVersion;
  if (metadata.uid) draft.metadata.uid = metadata.uid;
  draft.spec = { ...objectField(draft, "spec"), replicas: spec?.replicas ?? 0 };
  return draft;
}

function toScale(object: AnyObject): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const spec = objectField(object, "spec");
  const replicas = numberField(spec, "replicas") ?? 0;
  return {
    kind: KIND.kind,
    apiVersion: API_VERSION,
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: specOf(replicas),
    status: {
      replicas: numberField(objectField(object, "status"), "replicas") ?? 0,
      selector: selectorText(object, spec?.selector),
    },
  };
}

/** Go leaves the zero out, so nobody can own it either. */
const specOf = (replicas: number) => (replicas === 0 ? {} : { replicas });

/** Replication controllers have plain labels where the others have a selector. */
function selectorText({ kind }: KubeObject, selector: unknown): string {
  return kind === "ReplicationController"
    ? labelSelectorFromMap((selector ?? {}) as { [key: string]: string }).toString()
    : labelSelectorFrom(selector as LabelSelector | undefined).toString();
}

/** Admission sees scales, not workloads. */
function asScale(
  store: GenericStore,
  scope: RequestScope,
  admission: AdmissionChain,
): AdmissionChain {
  const asked = ({ name, object, oldObject }: AdmissionRequest) =>
    new SubresourceAdmissionRequest(scope, {
      operation: "UPDATE",
      resource: store.info,
      kind: KIND,
      subresource: "scale",
      name,
      object: toScale(fieldsOf(object ?? { kind: "", apiVersion: "", metadata: {} })),
      ...(oldObject && { oldObject: toScale(fieldsOf(oldObject)) }),
    });
  return {
    async mutate(request) {
      const question = asked(request);
      const scale = (await admission.mutate(question)) as Scale | undefined;
      if (scale === undefined || scale === question.object || request.object === undefined) {
        return request.object;
      }
      return withScale(request.object, scale);
    },
    validate: (request) => admission.validate(asked(request)),
  };
}
