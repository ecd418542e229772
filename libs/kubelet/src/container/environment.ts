/**
 * The environment of a container: envFrom first, then env in its order, then what Services add.
 *
 * Upstream: pkg/kubelet/kubelet_pods.go makeEnvironmentVariables @1.36
 */
import type { ConfigMap, Container, EnvVarSource, Pod, Secret, Service } from "@kubets/api/core/v1";
import { KubeletError } from "../kubelet-error.ts";
import { namespaceOf, specOf } from "../pod/pod-facts.ts";
import { fieldValue, type PodSurroundings, resourceValue } from "./downward-values.ts";
import { expand } from "./expansion.ts";
import { serviceEnvironment } from "./service-environment.ts";

/** ConfigMaps and Secrets that this node's pods refer to. Undefined: there is none of that name. */
export interface ConfigSource {
  configMap(namespace: string, name: string): Promise<ConfigMap | undefined>;
  secret(namespace: string, name: string): Promise<Secret | undefined>;
}

export interface EnvironmentInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly around: PodSurroundings;
  readonly config: ConfigSource;
  readonly services: Iterable<Service>;
}

export async function makeEnvironment(
  input: EnvironmentInput,
): Promise<ReadonlyMap<string, string>> {
  const { pod, container } = input;
  const fromServices = serviceEnvironment(
    input.services,
    namespaceOf(pod),
    specOf(pod).enableServiceLinks ?? true,
  );
  const env = new Map<string, string>();
  for (const { prefix = "", configMapRef, secretRef } of container.envFrom ?? []) {
    const data =
      configMapRef !== undefined
        ? await configMapData(input, configMapRef.name ?? "", configMapRef.optional)
        : await secretData(input, secretRef?.name ?? "", secretRef?.optional);
    for (const [key, value] of Object.entries(data ?? {})) env.set(`${prefix}${key}`, value);
  }
  const lookup = (name: string) => env.get(name) ?? fromServices.get(name);
  for (const { name, value = "", valueFrom } of container.env ?? []) {
    if (value !== "" || valueFrom === undefined) {
      env.set(name, expand(value, lookup));
      continue;
    }
    const found = await sourcedValue(input, valueFrom);
    if (found !== undefined) env.set(name, found);
  }
  for (const [name, value] of fromServices) if (!env.has(name)) env.set(name, value);
  return env;
}

/** Undefined: an optional source that is not there leaves the variable out. */
async function sourcedValue(
  input: EnvironmentInput,
  source: EnvVarSource,
): Promise<string | undefined> {
  const { pod, container, around } = input;
  const namespace = namespaceOf(pod);
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = source;
  if (fieldRef !== undefined) return fieldValue(fieldRef, pod, around);
  if (resourceFieldRef !== undefined) {
    return resourceValue(resourceFieldRef, pod, container, around);
  }
  if (configMapKeyRef !== undefined) {
    const { name = "", key, optional } = configMapKeyRef;
    const data = await configMapData(input, name, optional);
    return pick(data, key, optional, `couldn't find key ${key} in ConfigMap ${namespace}/${name}`);
  }
  if (secretKeyRef !== undefined) {
    const { name = "", key, optional } = secretKeyRef;
    const data = await secretData(input, name, optional);
    return pick(data, key, optional, `couldn't find key ${key} in Secret ${namespace}/${name}`);
  }
  throw new KubeletError("invalidSpec", "a variable's source is of a kind that is not supported");
}

function pick(
  data: Readonly<Record<string, string>> | undefined,
  key: string,
  optional: boolean | undefined,
  message: string,
): string | undefined {
  if (data !== undefined && Object.hasOwn(data, key)) return data[key];
  if (optional === true) return undefined;
  throw new KubeletError("missingReference", message);
}

async function configMapData(
  input: EnvironmentInput,
  name: string,
  optional: boolean | undefined,
): Promise<Readonly<Record<string, string>> | undefined> {
  const found = await input.config.configMap(namespaceOf(input.pod), name);
  if (found !== undefined) return found.data ?? {};
  if (optional === true) return undefined;
  throw new KubeletError("missingReference", `configmap "${name}" not found`);
}

async function secretData(
  input: EnvironmentInput,
  name: string,
  optional: boolean | undefined,
): Promise<Readonly<Record<string, string>> | undefined> {
  const found = await input.config.secret(namespaceOf(input.pod), name);
  if (found !== undefined) {
    return Object.fromEntries(
      Object.entries(found.data ?? {}).map(([key, value]) => [
        key,
        Buffer.from(value, "base64").toString("utf8"),
      ]),
    );
  }
  if (optional === true) return undefined;
  throw new KubeletError("missingReference", `secret "${name}" not found`);
}
