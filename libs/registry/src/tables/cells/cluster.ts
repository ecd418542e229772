/**
 * Access, certificates, leases, priorities, classes and flow control.
 * Upstream: pkg/printers/internalversion/printers.go @1.36
 */
import type { CertificateSigningRequest } from "@kubets/api/certificates/v1";
import type { Lease } from "@kubets/api/coordination/v1";
import type { FlowSchema, PriorityLevelConfiguration } from "@kubets/api/flowcontrol/v1";
import type { RuntimeClass } from "@kubets/api/node/v1";
import type { RoleBinding, Subject } from "@kubets/api/rbac/v1";
import type { PriorityClass } from "@kubets/api/scheduling/v1";
import { humanDuration, since } from "../human-duration.ts";
import { NONE } from "../text-cells.ts";

/** Roles are bound alike in namespaces and in the cluster. */
export function bindingCells(
  { metadata, roleRef, subjects = [] }: RoleBinding,
  nowMs: number,
): unknown[] {
  const named = (kind: string, text: (subject: Subject) => string) =>
    subjects
      .filter((subject) => subject.kind === kind)
      .map(text)
      .join(", ");
  return [
    metadata.name,
    `${roleRef.kind}/${roleRef.name}`,
    since(metadata.creationTimestamp, nowMs),
    named("User", ({ name }) => name),
    named("Group", ({ name }) => name),
    named("ServiceAccount", ({ namespace = "", name }) => `${namespace}/${name}`),
  ];
}

export function certificateSigningRequestCells(
  { metadata, spec, status }: CertificateSigningRequest,
  nowMs: number,
): unknown[] {
  const seconds = spec?.expirationSeconds;
  return [
    metadata.name,
    since(metadata.creationTimestamp, nowMs),
    spec?.signerName || NONE,
    spec?.username ?? "",
    seconds === undefined ? NONE : humanDuration(seconds * 1000),
    conditionText(status),
  ];
}
function conditionText(status: CertificateSigningRequest["status"]): string {
  const types = (status?.conditions ?? []).map(({ type }) => type);
  const approved = types.includes("Approved") ? "Approved" : "Pending";
  let text = types.includes("Denied") ? "Denied" : approved;
  if (types.includes("Failed")) text += ",Failed";
  return status?.certificate ? `${text},Issued` : text;
}

export function leaseCells({ metadata, spec }: Lease, nowMs: number): unknown[] {
  return [metadata.name, spec?.holderIdentity ?? "", since(metadata.creationTimestamp, nowMs)];
}

export function priorityClassCells(
  { metadata, value, globalDefault, preemptionPolicy }: PriorityClass,
  nowMs: number,
): unknown[] {
  const age = since(metadata.creationTimestamp, nowMs);
  return [metadata.name, value, globalDefault ?? false, age, preemptionPolicy ?? ""];
}

export function runtimeClassCells({ metadata, handler }: RuntimeClass, nowMs: number): unknown[] {
  return [metadata.name, handler, since(metadata.creationTimestamp, nowMs)];
}

export function flowSchemaCells({ metadata, spec, status }: FlowSchema, nowMs: number): unknown[] {
  const dangling = status?.conditions?.find(({ type }) => type === "Dangling");
  return [
    metadata.name,
    spec?.priorityLevelConfiguration.name ?? "",
    spec?.matchingPrecedence ?? 0,
    spec?.distinguisherMethod?.type ?? NONE,
    since(metadata.creationTimestamp, nowMs),
    dangling?.status ?? "?",
  ];
}

export function priorityLevelCells(
  { metadata, spec }: PriorityLevelConfiguration,
  nowMs: number,
): unknown[] {
  const { limited } = spec ?? {};
  const queuing = limited?.limitResponse?.queuing;
  return [
    metadata.name,
    spec?.type ?? "",
    limited === undefined ? NONE : (limited.nominalConcurrencyShares ?? 0),
    queuing?.queues ?? NONE,
    queuing?.handSize ?? NONE,
    queuing?.queueLengthLimit ?? NONE,
    since(metadata.creationTimestamp, nowMs),
  ];
}
