/**
 * pods/binding: puts a pod on a node, once.
 *
 * Upstream: pkg/registry/core/pod/storage/storage.go BindingREST @1.36
 */
import type { AdmissionChain } from "@kubets/admission";
import { badRequest, conflict, formatTime, invalid, type KubeObject } from "@kubets/api";
import type { Binding, PodCondition } from "@kubets/api/core/v1";
import type { StatusCause } from "@kubets/api/meta/v1";
import { type Draft, draftOf } from "../draft.ts";
import type { GenericStore } from "../generic/generic-store.ts";
import { guaranteedUpdate } from "../generic/guaranteed-update.ts";
import { type StoredPod, storedPod } from "../resources/pods/pod-draft.ts";
import type { RequestScope, SubresourceHandler } from "../store.ts";
import { SubresourceAdmissionRequest } from "./admission-request.ts";
import { successStatus } from "./success-status.ts";

export function podBinding(
  pods: GenericStore,
): Required<Pick<SubresourceHandler, "create">> & SubresourceHandler {
  return {
    resource: { group: "", resource: "pods" },
    subresource: "binding",
    async create(scope, name, object, admission) {
      const binding = object as Binding;
      if (binding.metadata.name !== name) {
        throw badRequest("name in URL does not match name in Binding object");
      }
      checkBinding(binding);
      await admit(pods, scope, binding, admission);
      await guaranteedUpdate(pods.context, scope, name, (current) =>
        bind(storedPod(current), binding, pods.context.clock.now()),
      );
      return successStatus(201);
    },
  };
}

async function admit(
  pods: GenericStore,
  scope: RequestScope,
  binding: KubeObject,
  admission: AdmissionChain,
): Promise<void> {
  const request = new SubresourceAdmissionRequest(scope, {
    operation: "CREATE",
    resource: pods.info,
    kind: { group: "", version: "v1", kind: "Binding" },
    subresource: "binding",
    name: binding.metadata.name ?? "",
    object: binding,
  });
  await admission.mutate(request);
  await admission.validate(request);
}

/** Upstream: pkg/apis/core/validation/validation.go ValidatePodBinding @1.36 */
function checkBinding({ metadata, target }: Binding): void {
  const causes: StatusCause[] = [];
  const { kind = "", name = "" } = target ?? {};
  if (kind !== "" && kind !== "Node") {
    causes.push({
      reason: "FieldValueNotSupported",
      message: `Unsupported value: ${JSON.stringify(kind)}: supported values: "Node", "<empty>"`,
      field: "target.kind",
    });
  }
  if (name === "") {
    causes.push({ reason: "FieldValueRequired", message: "Required value", field: "target.name" });
  }
  if (causes.length > 0) {
    throw invalid({ group: "", kind: "Binding" }, metadata.name ?? "", causes);
  }
}

function bind(pod: StoredPod, { metadata, target }: Binding, nowMs: number): Draft {
  const { name = "" } = pod.metadata;
  const refuse = (why: string) => conflict({ group: "", resource: "pods/binding" }, name, why);
  checkPreconditions(pod, metadata);
  if (pod.metadata.deletionTimestamp !== undefined) {
    throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  }
  if (pod.spec.nodeName) {
    throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`);
  }
  if (pod.spec.schedulingGates !== undefined && pod.spec.schedulingGates.length > 0) {
    throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
  }
  const draft = draftOf(pod);
  if (metadata.annotations !== undefined) {
    draft.metadata.annotations = { ...draft.metadata.annotations, ...metadata.annotations };
  }
  if (metadata.labels !== undefined) {
    draft.metadata.labels = { ...draft.metadata.labels, ...metadata.labels };
  }
  draft.spec = { ...pod.spec, nodeName: target.name };
  draft.status = {
    ...pod.status,
    nominatedNodeName: undefined,
    conditions: withScheduled(pod, nowMs),
  };
  return draft;
}

function checkPreconditions(pod: StoredPod, { uid, resourceVersion }: Binding["metadata"]): void {
  const { metadata } = pod;
  const refuse = (what: string, wanted: string, found: string | undefined) =>
    conflict(
      { group: "", resource: "pods" },
      metadata.name ?? "",
      `Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${found ?? ""}`,
    );
  if (uid && uid !== metadata.uid) throw refuse("UID", uid, metadata.uid);
  if (resourceVersion && resourceVersion !== metadata.resourceVersion) {
    throw refuse("ResourceVersion", resourceVersion, metadata.resourceVersion);
  }
}

function withScheduled({ status }: StoredPod, nowMs: number): PodCondition[] {
  const known = status.conditions ?? [];
  const before = known.find(({ type }) => type === "PodScheduled");
  const scheduled: PodCondition = {
    type: "PodScheduled",
    status: "True",
    lastTransitionTime:
      before?.status === "True" && before.lastTransitionTime
        ? before.lastTransitionTime
        : formatTime(nowMs),
    ...(before?.observedGeneration && { observedGeneration: before.observedGeneration }),
  };
  if (before === undefined) return [...known, scheduled];
  return known.map((condition) => (condition === before ? scheduled : condition));
}
