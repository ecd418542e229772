/** Webhooks and admission policies. Upstream: pkg/printers/internalversion/printers.go @1.36 */
import type {
  MutatingAdmissionPolicy,
  MutatingWebhookConfiguration,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from "@kubets/api/admissionregistration/v1";
import { since } from "../human-duration.ts";
import { selectorText, UNSET } from "../text-cells.ts";

/** Both kinds of webhook configurations have these fields. */
export function webhookCells(
  { metadata, webhooks }: MutatingWebhookConfiguration,
  nowMs: number,
): unknown[] {
  return [metadata.name, webhooks?.length ?? 0, since(metadata.creationTimestamp, nowMs)];
}

export function validatingPolicyCells(
  { metadata, spec }: ValidatingAdmissionPolicy,
  nowMs: number,
): unknown[] {
  const age = since(metadata.creationTimestamp, nowMs);
  return [metadata.name, spec?.validations?.length ?? 0, paramKindText(spec?.paramKind), age];
}

export function mutatingPolicyCells(
  { metadata, spec }: MutatingAdmissionPolicy,
  nowMs: number,
): unknown[] {
  const age = since(metadata.creationTimestamp, nowMs);
  return [metadata.name, spec?.mutations?.length ?? 0, paramKindText(spec?.paramKind), age];
}

function paramKindText(
  kind:
    | { readonly apiVersion?: string | undefined; readonly kind?: string | undefined }
    | undefined,
): string {
  return kind === undefined ? UNSET : `${kind.apiVersion ?? ""}/${kind.kind ?? ""}`;
}

/** Both kinds of policy bindings have these fields. */
export function policyBindingCells(
  { metadata, spec }: ValidatingAdmissionPolicyBinding,
  nowMs: number,
): unknown[] {
  const { name, namespace, selector } = spec?.paramRef ?? {};
  let param = UNSET;
  if (name) param = `${namespace || "*"}/${name}`;
  else if (selector !== undefined) param = selectorText(selector);
  const age = since(metadata.creationTimestamp, nowMs);
  return [metadata.name, spec?.policyName ?? "", param, age];
}
