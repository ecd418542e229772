import { chainPlugins, type QuotaWriter } from "@kubets/admission";
import { isStatusError } from "@kubets/api";
import type { ResourceQuota } from "@kubets/api/core/v1";
import { type Registry, systemRandomness, systemScope } from "@kubets/registry";

const noAdmission = chainPlugins([]);
const STATUS = { subresource: "status", forceAllowCreate: false, operation: "Update" } as const;
const WRITE_MS = 10_000;

/** Takes room in quotas as the server itself; a status that somebody else has written since is a conflict. */
export function createQuotaWriter(registry: Registry): QuotaWriter {
  return {
    async writeStatus(quota) {
      const { namespace = "", name = "" } = quota.metadata;
      const store = registry.store("", "v1", "resourcequotas");
      if (store === undefined) return undefined;
      const signal = AbortSignal.timeout(WRITE_MS);
      const scope = systemScope(namespace, { randomness: systemRandomness, signal });
      try {
        const { entry } = await store.update(scope, name, () => quota, STATUS, noAdmission);
        return entry.object as ResourceQuota;
      } catch (error) {
        if (isStatusError(error, "Conflict") || isStatusError(error, "NotFound")) return undefined;
        throw error;
      }
    },
  };
}
