import { type Draft, isRecord, listField, objectField } from "../draft.ts";
import type { StrategyHooks } from "../strategy/strategy.ts";

/** The version that objects are stored in is remembered for as long as such objects may exist. */
function rememberStorageVersion(draft: Draft, remembered: readonly unknown[]): readonly unknown[] {
  const versions = listField(objectField(draft, "spec"), "versions").filter(isRecord);
  const name = versions.find((version) => version.storage === true)?.name;
  return name === undefined || remembered.includes(name) ? remembered : [...remembered, name];
}

/** Upstream: staging/src/k8s.io/apiextensions-apiserver/pkg/registry/customresourcedefinition/strategy.go @1.36 */
export const customResourceDefinitions: StrategyHooks = {
  prepareForCreate(draft) {
    draft.status = {
      conditions: [],
      acceptedNames: { plural: "", kind: "" },
      storedVersions: rememberStorageVersion(draft, []),
    };
  },
  prepareForUpdate(draft, old) {
    const status = objectField(old, "status");
    const remembered = listField(status, "storedVersions");
    const storedVersions = rememberStorageVersion(draft, remembered);
    if (storedVersions !== remembered) draft.status = { ...status, storedVersions };
  },
};
