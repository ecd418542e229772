import { buildFramework, defaultPlugins, type Framework, noWorkloads } from "@kubets/scheduler";

/** The default profile, with a binder that is never asked, and one ReplicaSet for every name. */
export function benchFramework(): Framework {
  const plugins = defaultPlugins({
    defaultBinder: { name: "DefaultBinder", bind: () => Promise.resolve(undefined) },
    defaultPreemption: { name: "DefaultPreemption" },
    namespaceLabels: () => undefined,
    workloads: {
      ...noWorkloads,
      replicaSet: (namespace, name) => ({
        apiVersion: "apps/v1",
        kind: "ReplicaSet",
        metadata: { namespace, name },
        spec: { selector: { matchLabels: { app: name } } },
      }),
    },
    volumes: {
      claim: () => undefined,
      volume: () => undefined,
      storageClass: () => undefined,
      provision: () => Promise.resolve(),
    },
  });
  return buildFramework({ schedulerName: "default-scheduler", changes: new Map() }, plugins);
}
