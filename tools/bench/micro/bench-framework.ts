import { buildFramework, defaultPlugins, type Framework } from "@kubets/scheduler";

/** The default profile, with a binder that is never asked. */
export function benchFramework(): Framework {
  const plugins = defaultPlugins({
    defaultBinder: { name: "DefaultBinder", bind: () => Promise.resolve(undefined) },
    defaultPreemption: { name: "DefaultPreemption" },
    namespaceLabels: () => undefined,
    volumes: {
      claim: () => undefined,
      volume: () => undefined,
      storageClass: () => undefined,
      provision: () => Promise.resolve(),
    },
  });
  return buildFramework({ schedulerName: "default-scheduler", changes: new Map() }, plugins);
}
