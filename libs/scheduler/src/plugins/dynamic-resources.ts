import type { Plugin } from "../framework/plugin.ts";
import { SKIP, unresolvable, unschedulable } from "../framework/status.ts";

const REFUSED = unresolvable("resource claims are not supported by this scheduler");
const NOTHING_TO_DEALLOCATE = unschedulable("no new claims to deallocate");

/**
 * Stands where upstream's plugin stands: says that nothing can be deallocated for pods without resource claims
 * and refuses pods that have some.
 *
 * Upstream: pkg/scheduler/framework/plugins/dynamicresources/dynamicresources.go @1.36
 */
export const dynamicResources: Plugin = {
  name: "DynamicResources",
  isNodeLocal: true,
  events: { UnscheduledPodUpdate: true },
  preFilter(_state, { pod }) {
    return (pod.spec?.resourceClaims ?? []).length === 0 ? { status: SKIP } : { status: REFUSED };
  },
  postFilter: () => ({ status: NOTHING_TO_DEALLOCATE }),
};
