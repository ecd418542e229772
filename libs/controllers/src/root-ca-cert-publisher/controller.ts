/**
 * Every namespace has a ConfigMap with the certificate authority of the apiserver: pods verify the server with it.
 *
 * Upstream: pkg/controller/certificates/rootcacertpublisher/publisher.go @1.36
 */
import { isStatusError } from "@kubets/api";
import type { ConfigMap } from "@kubets/api/core/v1";
import { configMaps, controllerRunnable, DONE } from "@kubets/client";
import type { ControllerDefinition } from "../controller-context.ts";
import { activeNamespacesQueue, isActive } from "../namespaces-queue.ts";
import { isEnding } from "../serviceaccount/controller.ts";

const NAME = "kube-root-ca.crt";
const DESCRIPTION_ANNOTATION = "kubernetes.io/description";
const DESCRIPTION =
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. " +
  "No other usage is guaranteed across distributions of Kubernetes clusters.";

/** The ConfigMap as it has to be: a new one, a mended copy, or undefined when it is right already. */
export function planRootCa(
  namespace: string,
  rootCa: string,
  existing: ConfigMap | undefined,
): ConfigMap | undefined {
  const data = { "ca.crt": rootCa };
  if (existing === undefined) {
    return {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: NAME, namespace, annotations: { [DESCRIPTION_ANNOTATION]: DESCRIPTION } },
      data,
    };
  }
  const keys = Object.keys(existing.data ?? {});
  const isRight =
    keys.length === 1 &&
    existing.data?.["ca.crt"] === rootCa &&
    existing.metadata.annotations?.[DESCRIPTION_ANNOTATION] !== undefined;
  if (isRight) return undefined;
  const annotations = {
    ...existing.metadata.annotations,
    [DESCRIPTION_ANNOTATION]: DESCRIPTION,
  };
  return { ...existing, metadata: { ...existing.metadata, annotations }, data };
}

export function rootCaCertPublisher(rootCa: string): ControllerDefinition {
  return {
    name: "root-ca-certificate-publisher-controller",
    build(context) {
      const { queue, informer } = activeNamespacesQueue(context, "root_ca_cert_publisher");
      const maps = context.informer(configMaps);
      const client = context.client("root-ca-cert-publisher");
      maps.onChange(({ old, current }) => {
        const map = current ?? old;
        if (map?.metadata.name === NAME) queue.add(map.metadata.namespace ?? "");
      });
      return [
        controllerRunnable({
          name: "root-ca-certificate-publisher-controller",
          queue,
          informers: [informer, maps],
          logger: context.logger,
          async reconcile(namespace, signal) {
            const found = informer.store.get(namespace);
            if (found === undefined || !isActive(found)) return DONE;
            const existing = maps.store.get(`${namespace}/${NAME}`);
            const wanted = planRootCa(namespace, rootCa, existing);
            if (wanted === undefined) return DONE;
            try {
              if (existing === undefined) await client.create(configMaps, wanted, { signal });
              else await client.update(configMaps, wanted, { signal });
            } catch (error) {
              if (isStatusError(error, "AlreadyExists") || isEnding(error)) return DONE;
              throw error;
            }
            return DONE;
          },
        }),
      ];
    },
  };
}
