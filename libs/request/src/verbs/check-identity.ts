/**
 * The names in a body against those in the path.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/registry/rest/meta.go EnsureObjectNamespaceMatchesRequestNamespace
 * and staging/src/k8s.io/apiserver/pkg/endpoints/handlers/rest.go checkName @1.36
 */
import { badRequest, type KubeObject } from "@kubets/api";
import type { Target } from "../target.ts";

/** Fills in the request's namespace, in place. */
export function matchNamespace(draft: KubeObject, namespace: string): void {
  const { metadata } = draft;
  const given = metadata.namespace ?? "";
  if (given === namespace) return;
  if (given !== "" && namespace !== "") {
    throw badRequest(
      "the namespace of the provided object does not match the namespace sent on the request",
    );
  }
  if (namespace === "") delete metadata.namespace;
  else metadata.namespace = namespace;
}

export function checkName(object: KubeObject, { name, namespace }: Target): void {
  const given = object.metadata.name ?? "";
  if (given === "") {
    throw badRequest(
      `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    );
  }
  if (given !== name) {
    throw badRequest(
      `the name of the object (${given}) does not match the name on the URL (${name})`,
    );
  }
  const givenNamespace = object.metadata.namespace ?? "";
  if (namespace !== "" && givenNamespace !== "" && givenNamespace !== namespace) {
    throw badRequest(
      `the namespace of the object (${givenNamespace}) does not match the namespace on the request (${namespace})`,
    );
  }
}
