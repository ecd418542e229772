import type { Container, EphemeralContainer, PodSpec, PodTemplateSpec } from "@kubets/api/core/v1";
import type { ObjectMeta } from "@kubets/api/meta/v1";

/** A pod, or the template that pods are made of. */
export interface CheckedPod {
  readonly metadata: Pick<ObjectMeta, "annotations">;
  readonly spec: PodSpec;
}

export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

export interface SecurityCheck {
  readonly id: string;
  /** The minor from which on it is part of its standard. */
  readonly since: number;
  /** Baseline checks that this one replaces in the restricted standard. */
  readonly replaces?: readonly string[];
  /** `minor`: the version of the standard. */
  check(pod: CheckedPod, minor: number): Violation | undefined;
}

type AnyContainer = Container | EphemeralContainer;

export function containersOf(spec: PodSpec): AnyContainer[] {
  return [
    ...(spec.initContainers ?? []),
    ...(spec.containers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ];
}

/** Names of the containers that the predicate accuses. */
export function badContainers(
  { spec }: CheckedPod,
  isBad: (container: AnyContainer) => boolean,
): string[] {
  return containersOf(spec)
    .filter(isBad)
    .map(({ name }) => name);
}

export function pluralize(singular: string, plural: string, count: number): string {
  return count === 1 ? singular : plural;
}

export function joinQuote(items: Iterable<string>): string {
  return [...items].map((item) => `"${item}"`).join(", ");
}

export function sorted(items: Iterable<string>): string[] {
  return [...new Set(items)].sort();
}

/** `container "a"`, `containers "a", "b"`. */
export function namedContainers(names: readonly string[]): string {
  return `${pluralize("container", "containers", names.length)} ${joinQuote(names)}`;
}

/** "pod and container "a"": who set something, the pod's own setting first. */
export function setters(podIsBad: boolean, names: readonly string[]): string {
  return [...(podIsBad ? ["pod"] : []), ...(names.length > 0 ? [namedContainers(names)] : [])].join(
    " and ",
  );
}

export function isWindows({ spec }: CheckedPod): boolean {
  return spec.os?.name === "windows";
}

/** Root in a user namespace is nobody outside it. */
export function hasOwnUserNamespace({ spec }: CheckedPod): boolean {
  return spec.hostUsers === false;
}

export function templatePod(template: PodTemplateSpec | undefined): CheckedPod | undefined {
  const { metadata = {}, spec } = template ?? {};
  return spec === undefined ? undefined : { metadata, spec };
}
