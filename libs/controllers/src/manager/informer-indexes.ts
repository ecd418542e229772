/** The secondary indexes of the shared informers: which objects a controller finds without a scan. */
import { controllerOf, type KubeObject } from "@kubets/api";
import type { Pod, Service } from "@kubets/api/core/v1";
import type { EndpointSlice } from "@kubets/api/discovery/v1";
import type { IndexFunction } from "@kubets/client";
import { POD_NODE_INDEX } from "../node-lifecycle/controller.ts";

/** Objects by the uid of their controller. */
export const CONTROLLER_INDEX = "controllerUid";
/** Objects without a controller, by namespace: those that somebody could adopt. */
export const ORPHAN_INDEX = "orphans";
export const NAMESPACE_INDEX = "namespace";
/** EndpointSlices by the key of their Service. */
export const SLICE_SERVICE_INDEX = "service";

/** Services by one pair of their selector: a pod finds those that may select it by its labels. */
export const SERVICE_SELECTOR_INDEX = "selector";

/** What stands in the index for one label (or one pair of a selector) in a namespace. */
export const selectorIndexValue = (namespace: string, key: string, value: string): string =>
  `${namespace}/${key}=${value}`;

type Indexers = Readonly<Record<string, IndexFunction<KubeObject>>>;

const byController: IndexFunction<KubeObject> = (object) => {
  const uid = controllerOf(object)?.uid;
  return uid === undefined ? [] : [uid];
};
const orphans: IndexFunction<KubeObject> = (object) =>
  controllerOf(object) === undefined ? [object.metadata.namespace ?? ""] : [];
const byNamespace: IndexFunction<KubeObject> = (object) => [object.metadata.namespace ?? ""];
const owned: Indexers = { [CONTROLLER_INDEX]: byController, [ORPHAN_INDEX]: orphans };
const inNamespace: Indexers = { [NAMESPACE_INDEX]: byNamespace };

/** By group and resource. */
const INDEXERS: Readonly<Record<string, Indexers>> = {
  "/pods": {
    ...owned,
    ...inNamespace,
    [POD_NODE_INDEX]: (pod) => {
      const nodeName = (pod as Pod).spec?.nodeName;
      return nodeName === undefined || nodeName === "" ? [] : [nodeName];
    },
  },
  "/replicationcontrollers": inNamespace,
  "/resourcequotas": inNamespace,
  "/services": {
    [SERVICE_SELECTOR_INDEX]: (object) => {
      const { metadata, spec } = object as Service;
      const [pair] = Object.entries(spec?.selector ?? {});
      if (pair === undefined) return [];
      return [selectorIndexValue(metadata.namespace ?? "", pair[0], pair[1])];
    },
  },
  "apps/controllerrevisions": owned,
  "apps/daemonsets": inNamespace,
  "apps/deployments": inNamespace,
  "apps/replicasets": { ...owned, ...inNamespace },
  "apps/statefulsets": inNamespace,
  "batch/jobs": { ...owned, ...inNamespace },
  "policy/poddisruptionbudgets": inNamespace,
  "discovery.k8s.io/endpointslices": {
    [SLICE_SERVICE_INDEX]: (object) => {
      const { namespace, labels } = (object as EndpointSlice).metadata;
      const service = labels?.["kubernetes.io/service-name"];
      return service === undefined ? [] : [`${namespace}/${service}`];
    },
  },
};

export function indexersFor(type: { readonly group: string; readonly resource: string }): Indexers {
  return INDEXERS[`${type.group}/${type.resource}`] ?? {};
}
