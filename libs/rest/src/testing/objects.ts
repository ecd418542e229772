/** Objects that tests send. */
export function configMap(name: string, data: Readonly<Record<string, string>> = {}) {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data };
}

export function namespace(name: string) {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

export function pod(name: string, more: object = {}) {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: { containers: [{ name: "mycontainer", image: "nginx:latest" }], ...more },
  };
}
