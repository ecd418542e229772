/**
 * Feature gates of upstream that are off by default and guard fields of the API: what they guard is not kept.
 *
 * Upstream: pkg/features/kube_features.go @1.36
 */
export const DISABLED_GATES: ReadonlySet<string> = new Set([
  "ClusterTrustBundleProjection",
  "ContainerStopSignals",
  "CoordinatedLeaderElection",
  "CrossNamespaceVolumeDataSource",
  "DRAListTypeAttributes",
  "DRANodeAllocatableResources",
  "GenericWorkload",
  "ImageVolumeWithDigest",
  "MaxUnavailableStatefulSet",
  // Marked so; the gate is called PodCertificateRequest.
  "PodCertificateProjection",
  "VolumeLimitScaling",
]);

/** Fields that such a gate guards and whose marks do not say so, by type. */
export const UNMARKED_FIELDS: ReadonlyMap<string, readonly (readonly [string, string])[]> = new Map(
  [["k8s.io.api.core.v1.Lifecycle", [["stopSignal", "ContainerStopSignals"]]]],
);
