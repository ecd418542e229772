import type { Container, Pod, Volume } from "@kubets/api/core/v1";
import { containersOf, namespaceOf, specOf } from "../pod/pod-facts.ts";

export interface ObjectReferenceKey {
  readonly kind: "configMap" | "secret";
  readonly namespace: string;
  readonly name: string;
}

/** Every ConfigMap and Secret that a pod's containers, volumes and image pulls refer to. */
export function objectReferences(pod: Pod): ObjectReferenceKey[] {
  const namespace = namespaceOf(pod);
  const names = [
    ...containersOf(pod).flatMap(({ container }) => ofContainer(container)),
    ...(specOf(pod).volumes ?? []).flatMap(ofVolume),
    ...(specOf(pod).imagePullSecrets ?? []).map(({ name }) => secret(name)),
  ];
  const unique = new Map(
    names
      .filter(({ name }) => name !== "")
      .map((each) => [`${each.kind}/${each.name}`, { ...each, namespace }]),
  );
  return [...unique.values()];
}

type Named = Omit<ObjectReferenceKey, "namespace">;

function configMap(name: string | undefined): Named {
  return { kind: "configMap", name: name ?? "" };
}

function secret(name: string | undefined): Named {
  return { kind: "secret", name: name ?? "" };
}

function ofContainer(container: Container): Named[] {
  return [
    ...(container.envFrom ?? []).map(({ configMapRef, secretRef }) =>
      configMapRef === undefined ? secret(secretRef?.name) : configMap(configMapRef.name),
    ),
    ...(container.env ?? []).flatMap(({ valueFrom }) => [
      configMap(valueFrom?.configMapKeyRef?.name),
      secret(valueFrom?.secretKeyRef?.name),
    ]),
  ];
}

function ofVolume(volume: Volume): Named[] {
  return [
    configMap(volume.configMap?.name),
    secret(volume.secret?.secretName),
    ...(volume.projected?.sources ?? []).flatMap((source) => [
      configMap(source.configMap?.name),
      secret(source.secret?.name),
    ]),
  ];
}
