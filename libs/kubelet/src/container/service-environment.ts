/**
 * The variables that tell containers where Services are: NAME_SERVICE_HOST and its kin, in Docker's old
 * link form too.
 *
 * Upstream: pkg/kubelet/envvars/envvars.go FromServices, pkg/kubelet/kubelet_pods.go getServiceEnvVarMap @1.36
 */
import type { Service } from "@kubets/api/core/v1";

/** Services in a cluster are many; only those of the pod's namespace and the API's own come in. */
export function serviceEnvironment(
  services: Iterable<Service>,
  namespace: string,
  hasServiceLinks: boolean,
): ReadonlyMap<string, string> {
  const chosen = new Map<string, Service>();
  for (const service of services) {
    const name = service.metadata.name ?? "";
    const ip = service.spec?.clusterIP ?? "";
    if (ip === "" || ip === "None") continue;
    if (service.metadata.namespace === "default" && name === "kubernetes") {
      if (!chosen.has(name)) chosen.set(name, service);
    } else if (service.metadata.namespace === namespace && hasServiceLinks) {
      chosen.set(name, service);
    }
  }
  const env = new Map<string, string>();
  for (const [name, service] of chosen) addService(env, name, service);
  return env;
}

function addService(env: Map<string, string>, name: string, service: Service): void {
  const prefix = name.toUpperCase().replaceAll("-", "_");
  const ip = service.spec?.clusterIP ?? "";
  const ports = service.spec?.ports ?? [];
  const [first] = ports;
  if (first === undefined) return;
  env.set(`${prefix}_SERVICE_HOST`, ip);
  env.set(`${prefix}_SERVICE_PORT`, String(first.port));
  for (const port of ports) {
    if (port.name) {
      const portName = port.name.toUpperCase().replaceAll("-", "_");
      env.set(`${prefix}_SERVICE_PORT_${portName}`, String(port.port));
    }
  }
  const host = ip.includes(":") ? `[${ip}]` : ip;
  for (const [index, { protocol = "TCP", port }] of ports.entries()) {
    const lower = protocol.toLowerCase();
    const url = `${lower}://${host}:${port}`;
    if (index === 0) env.set(`${prefix}_PORT`, url);
    const portPrefix = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
    env.set(portPrefix, url);
    env.set(`${portPrefix}_PROTO`, lower);
    env.set(`${portPrefix}_PORT`, String(port));
    env.set(`${portPrefix}_ADDR`, ip);
  }
}
