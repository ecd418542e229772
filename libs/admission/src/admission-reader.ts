/**
 * What plugins may read: the state that the watch cache has, without waiting; and, where an old answer could wrongly
 * refuse, a read that sees every acknowledged write.
 */
import type { KubeObject } from "@kubets/api";
import type {
  LimitRange,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  ResourceQuota,
  ServiceAccount,
} from "@kubets/api/core/v1";
import type { IngressClass } from "@kubets/api/networking/v1";
import type { RuntimeClass } from "@kubets/api/node/v1";
import type { PriorityClass } from "@kubets/api/scheduling/v1";
import type { CSIDriver, StorageClass } from "@kubets/api/storage/v1";
import type { WatchCache } from "@kubets/watch-cache";

/** Binds a resource to its type. */
export interface ReadableType<T extends KubeObject> {
  readonly group: string;
  readonly resource: string;
  /** Carries T; never set. */
  readonly type?: T;
}

export const namespaces: ReadableType<Namespace> = { group: "", resource: "namespaces" };
export const serviceAccounts: ReadableType<ServiceAccount> = {
  group: "",
  resource: "serviceaccounts",
};
export const pods: ReadableType<Pod> = { group: "", resource: "pods" };
export const nodes: ReadableType<Node> = { group: "", resource: "nodes" };
export const limitRanges: ReadableType<LimitRange> = { group: "", resource: "limitranges" };
export const resourceQuotas: ReadableType<ResourceQuota> = {
  group: "",
  resource: "resourcequotas",
};
export const persistentVolumeClaims: ReadableType<PersistentVolumeClaim> = {
  group: "",
  resource: "persistentvolumeclaims",
};
export const persistentVolumes: ReadableType<PersistentVolume> = {
  group: "",
  resource: "persistentvolumes",
};
export const csiDrivers: ReadableType<CSIDriver> = {
  group: "storage.k8s.io",
  resource: "csidrivers",
};
export const priorityClasses: ReadableType<PriorityClass> = {
  group: "scheduling.k8s.io",
  resource: "priorityclasses",
};
export const runtimeClasses: ReadableType<RuntimeClass> = {
  group: "node.k8s.io",
  resource: "runtimeclasses",
};
export const storageClasses: ReadableType<StorageClass> = {
  group: "storage.k8s.io",
  resource: "storageclasses",
};
export const ingressClasses: ReadableType<IngressClass> = {
  group: "networking.k8s.io",
  resource: "ingressclasses",
};

export interface AdmissionReader {
  peek<T extends KubeObject>(type: ReadableType<T>, namespace: string, name: string): T | undefined;
  /** Absent namespace: all of them. */
  peekAll<T extends KubeObject>(type: ReadableType<T>, namespace?: string): Iterable<T>;
  read<T extends KubeObject>(
    type: ReadableType<T>,
    namespace: string,
    name: string,
  ): Promise<T | undefined>;
}

export function createAdmissionReader(cache: Pick<WatchCache, "resource">): AdmissionReader {
  return {
    peek: <T extends KubeObject>(type: ReadableType<T>, namespace: string, name: string) =>
      // The cache of a resource holds nothing but that resource's kind.
      cache.resource(type).peek(namespace, name)?.object as T | undefined,
    *peekAll<T extends KubeObject>(type: ReadableType<T>, namespace?: string) {
      const selection = namespace === undefined ? {} : { namespace };
      for (const entry of cache.resource(type).peekAll(selection)) yield entry.object as T;
    },
    read: async <T extends KubeObject>(type: ReadableType<T>, namespace: string, name: string) =>
      (await cache.resource(type).get(namespace, name, "mostRecent"))?.object as T | undefined,
  };
}
