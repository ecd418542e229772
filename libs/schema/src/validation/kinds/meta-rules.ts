/** The usual metadata rules. */
import { dns1123Label, dns1123Subdomain } from "../formats.ts";
import type { ObjectMetaRules } from "../object-meta.ts";

export const namespacedSubdomain: ObjectMetaRules = { namespaced: true, name: dns1123Subdomain };
export const namespacedLabel: ObjectMetaRules = { namespaced: true, name: dns1123Label };
export const clusterSubdomain: ObjectMetaRules = { namespaced: false, name: dns1123Subdomain };
