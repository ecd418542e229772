/** The Kubernetes release whose behaviour this is; what `--version`, /version and build metrics say. */
export const kubernetesVersion = {
  major: "1",
  minor: "36",
  gitVersion: "v1.36.2",
} as const;
