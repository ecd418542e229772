import type { Pod } from "@kubets/api/core/v1";

export interface ClaimUse {
  readonly name: string;
  /** Made for the pod by a controller. */
  readonly isEphemeral: boolean;
}

/** The claims that a pod's volumes name. */
export function claimsOf({ metadata, spec }: Pod): readonly ClaimUse[] {
  const uses: ClaimUse[] = [];
  for (const { name, persistentVolumeClaim, ephemeral } of spec?.volumes ?? []) {
    if (persistentVolumeClaim !== undefined) {
      uses.push({ name: persistentVolumeClaim.claimName, isEphemeral: false });
    } else if (ephemeral !== undefined) {
      uses.push({ name: `${metadata.name}-${name}`, isEphemeral: true });
    }
  }
  return uses;
}
