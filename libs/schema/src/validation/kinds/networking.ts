/** Upstream: pkg/apis/networking/validation/validation.go @1.36 */
import { type KindEntry, kindFromTable } from "../table/kind-from-table.ts";
import { ingressRules } from "./ingress.ts";
import { networkPolicyRules } from "./network-policy.ts";

export const NETWORKING_RULES: readonly KindEntry[] = [
  ["networking.k8s.io/v1.Ingress", ingressRules],
  kindFromTable("networking.k8s.io/v1.IngressClass"),
  ["networking.k8s.io/v1.NetworkPolicy", networkPolicyRules],
];
