/** What stands behind the first part of the node API's paths: namespace, pod, where given its uid, and container. */
export interface ContainerPath {
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string | undefined;
  readonly container: string;
}

export function containerPath(parts: readonly string[]): ContainerPath {
  const [namespace = "", pod = "", third = "", fourth] = parts;
  return fourth === undefined
    ? { namespace, pod, uid: undefined, container: third }
    : { namespace, pod, uid: third, container: fourth };
}
