import type { KubeObject } from "@kubets/api";
import type { Scale } from "@kubets/api/autoscaling/v1";

type Scaled = KubeObject & {
  readonly spec?: { readonly replicas?: number };
  readonly status?: { readonly replicas?: number };
};

/** The scale subresource of an object that counts in spec.replicas. */
export function scaleOf(object: Scaled): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    apiVersion: "autoscaling/v1",
    kind: "Scale",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: object.spec?.replicas ?? 0 },
    status: { replicas: object.status?.replicas ?? 0 },
  };
}
