/**
 * Small plugins that are off unless asked for.
 *
 * Upstream: plugin/pkg/admission/{deny,alwayspullimages}/admission.go,
 * plugin/pkg/admission/network/denyserviceexternalips/admission.go and
 * plugin/pkg/admission/namespace/exists/admission.go @1.36
 */
import { type KubeObject, notFound } from "@kubets/api";
import type { Container, EphemeralContainer, Pod, Service } from "@kubets/api/core/v1";
import { type AdmissionReader, namespaces } from "../admission-reader.ts";
import { forbiddenByAdmission } from "../forbidden-by-admission.ts";
import { isPod } from "../object-kinds.ts";
import type { AdmissionPlugin } from "../plugin.ts";

export function createAlwaysDeny(): AdmissionPlugin {
  return {
    name: "AlwaysDeny",
    handles: () => true,
    mutate(request) {
      throw forbiddenByAdmission(request, "admission control is denying all modifications");
    },
    validate(request) {
      throw forbiddenByAdmission(request, "admission control is denying all modifications");
    },
  };
}

export function createNamespaceExists(options: {
  readonly reader: AdmissionReader;
}): AdmissionPlugin {
  return {
    name: "NamespaceExists",
    handles: (operation) => operation !== "CONNECT",
    async validate({ namespace, resource }) {
      if (namespace === "" || (resource.group === "" && resource.resource === "namespaces")) return;
      if (options.reader.peek(namespaces, "", namespace) !== undefined) return;
      if ((await options.reader.read(namespaces, "", namespace)) !== undefined) return;
      throw notFound({ group: "", resource: "namespaces" }, namespace);
    },
  };
}

/** Nobody uses an image that a node has without proving that they may pull it. */
export function createAlwaysPullImages(): AdmissionPlugin {
  const always = <T extends Container | EphemeralContainer>(container: T): T =>
    container.imagePullPolicy === "Always"
      ? container
      : { ...container, imagePullPolicy: "Always" };
  return {
    name: "AlwaysPullImages",
    handles: (operation, { group, resource }, subresource) =>
      (operation === "CREATE" || operation === "UPDATE") &&
      group === "" &&
      resource === "pods" &&
      (subresource === "" || subresource === "ephemeralcontainers"),
    mutate({ object: pod }) {
      if (!isPod(pod) || pod.spec === undefined) return undefined;
      const { spec } = pod;
      const admitted: Pod = {
        ...pod,
        spec: {
          ...spec,
          containers: spec.containers.map(always),
          ...(spec.initContainers && { initContainers: spec.initContainers.map(always) }),
          ...(spec.ephemeralContainers && {
            ephemeralContainers: spec.ephemeralContainers.map(always),
          }),
        },
      };
      return admitted;
    },
  };
}

export function createDenyServiceExternalIps(): AdmissionPlugin {
  return {
    name: "DenyServiceExternalIPs",
    handles: (operation, { group, resource }, subresource) =>
      (operation === "CREATE" || operation === "UPDATE") &&
      group === "" &&
      resource === "services" &&
      subresource === "",
    validate(request) {
      const { object, oldObject } = request;
      const before = new Set(externalIps(oldObject));
      if (externalIps(object).every((address) => before.has(address))) return;
      throw forbiddenByAdmission(request, "Use of external IPs is denied by admission control");
    },
  };
}

function externalIps(object: KubeObject | undefined): readonly string[] {
  return isService(object) ? (object.spec?.externalIPs ?? []) : [];
}

function isService(object: KubeObject | undefined): object is Service {
  return object?.kind === "Service";
}
