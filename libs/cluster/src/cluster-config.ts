/**
 * The file of `kubets up --config`, in kind's manner: versioned YAML that says what a cluster is made of. Pure: text in,
 * settings out; every mistake names its field.
 */
import { isIPv4 } from "node:net";
import { load } from "js-yaml";
import {
  type ExtraArguments,
  isTaint,
  type NodeSettings,
  noExtraArguments,
  REPLICAS_MAX,
  REPLICATED,
  type Replicas,
  type RuntimeKind,
} from "./cluster-spec.ts";

export const CONFIG_API_VERSION = "kubets.io/v1alpha1";

/** What the file may say; everything it leaves out is undefined or empty. */
export interface ClusterConfig {
  readonly name?: string;
  readonly runtime?: RuntimeKind;
  readonly nodes?: readonly NodeSettings[];
  readonly networking: NetworkingConfig;
  readonly replicas?: Replicas;
  readonly databaseUrl?: string;
  readonly registryMirrors: readonly { readonly host: string; readonly url: string }[];
  readonly extraArguments: ExtraArguments;
}

export interface NetworkingConfig {
  readonly podSubnet?: string;
  readonly serviceSubnet?: string;
  readonly apiServerPort?: number;
}

/** A mistake in the file, with the path of its field. */
export class ClusterConfigError extends Error {
  constructor(field: string, problem: string) {
    super(field === "" ? problem : `${field}: ${problem}`);
    this.name = "ClusterConfigError";
  }
}

type Fields = Readonly<Record<string, unknown>>;

export function parseClusterConfig(text: string): ClusterConfig {
  const document = fieldsOf("", readYaml(text));
  const { apiVersion, kind } = document;
  if (kind !== "Cluster") throw new ClusterConfigError("kind", `must be Cluster, not ${say(kind)}`);
  if (apiVersion !== CONFIG_API_VERSION) {
    const isKind = typeof apiVersion === "string" && apiVersion.startsWith("kind.x-k8s.io/");
    const hint = isKind ? "; a file of kind has other fields, `up --help` shows ours" : "";
    throw new ClusterConfigError(
      "apiVersion",
      `must be ${CONFIG_API_VERSION}, not ${say(apiVersion)}${hint}`,
    );
  }
  refuseUnknown("", document, [
    "apiVersion",
    "kind",
    "name",
    "runtime",
    "nodes",
    "networking",
    "replicas",
    "storage",
    "registryMirrors",
    "extraArgs",
  ]);
  const storage = fieldsOf("storage", document.storage ?? {});
  refuseUnknown("storage", storage, ["databaseURL"]);
  return {
    ...optional("name", optionalString("name", document.name)),
    ...optional("runtime", runtimeOf(document.runtime)),
    ...optional("nodes", document.nodes === undefined ? undefined : nodesOf(document.nodes)),
    networking: networkingOf(document.networking ?? {}),
    ...optional("replicas", replicasIn(document.replicas)),
    ...optional("databaseUrl", databaseUrlOf(storage.databaseURL)),
    registryMirrors: mirrorsOf(document.registryMirrors ?? {}),
    extraArguments: extraArgumentsOf(document.extraArgs ?? {}),
  };
}

function readYaml(text: string): unknown {
  try {
    return load(text);
  } catch (error) {
    const why = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    throw new ClusterConfigError("", `not YAML: ${why}`);
  }
}

function runtimeOf(value: unknown): RuntimeKind | undefined {
  if (value === undefined || value === "containerd" || value === "simulated") return value;
  throw new ClusterConfigError("runtime", `must be containerd or simulated, not ${say(value)}`);
}

/** A list with an entry for each node, as in kind, or just their number. */
function nodesOf(value: unknown): NodeSettings[] {
  if (typeof value === "number") {
    if (Number.isInteger(value) && value >= 1 && value <= NODES_MAX) {
      return Array.from({ length: value }, () => ({}));
    }
    throw new ClusterConfigError("nodes", `must be 1 to ${NODES_MAX}, not ${value}`);
  }
  if (!Array.isArray(value) || value.length === 0 || value.length > NODES_MAX) {
    throw new ClusterConfigError("nodes", `must be a list of 1 to ${NODES_MAX} nodes, or a number`);
  }
  return value.map((entry: unknown, index) => {
    const field = `nodes[${index}]`;
    const node = fieldsOf(field, entry ?? {});
    refuseUnknown(field, node, ["labels", "taints"]);
    const labels = stringMap(`${field}.labels`, node.labels ?? {});
    const taints = stringList(`${field}.taints`, node.taints ?? []);
    const wrong = taints.findIndex((taint) => !isTaint(taint));
    if (wrong >= 0) {
      const problem = `must look like dedicated=db:NoSchedule, not ${say(taints[wrong])}`;
      throw new ClusterConfigError(`${field}.taints[${wrong}]`, problem);
    }
    return {
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
      ...(taints.length === 0 ? {} : { taints }),
    };
  });
}

/** As many addresses as a cluster's fabric has room for. */
export const NODES_MAX = 100;

function networkingOf(value: unknown): NetworkingConfig {
  const networking = fieldsOf("networking", value);
  refuseUnknown("networking", networking, ["podSubnet", "serviceSubnet", "apiServerPort"]);
  const { podSubnet, serviceSubnet, apiServerPort } = networking;
  if (
    apiServerPort !== undefined &&
    (!Number.isInteger(apiServerPort) ||
      Number(apiServerPort) < 1024 ||
      Number(apiServerPort) > 65_000)
  ) {
    throw new ClusterConfigError("networking.apiServerPort", "must be a port from 1024 to 65000");
  }
  return {
    ...optional("podSubnet", subnet("networking.podSubnet", podSubnet, [16])),
    ...optional("serviceSubnet", subnet("networking.serviceSubnet", serviceSubnet, [16, 24])),
    ...optional("apiServerPort", apiServerPort === undefined ? undefined : Number(apiServerPort)),
  };
}

function databaseUrlOf(value: unknown): string | undefined {
  const text = optionalString("storage.databaseURL", value);
  if (text === undefined || isDatabaseUrl(text)) return text;
  throw new ClusterConfigError(
    "storage.databaseURL",
    "must look like postgres://user@host/database",
  );
}

/** Says nothing about whether a server is there. */
export const isDatabaseUrl = (text: string) =>
  /^postgres(ql)?:\/\/.+/.test(text) && URL.canParse(text);

function replicasIn(value: unknown): Replicas | undefined {
  if (value === undefined) return undefined;
  const counts = fieldsOf("replicas", value);
  refuseUnknown("replicas", counts, REPLICATED);
  for (const [component, count] of Object.entries(counts)) {
    const isCount = Number.isInteger(count) && Number(count) >= 1 && Number(count) <= REPLICAS_MAX;
    if (!isCount) {
      throw new ClusterConfigError(`replicas.${component}`, `must be 1 to ${REPLICAS_MAX}`);
    }
  }
  return counts;
}

function subnet(field: string, value: unknown, sizes: readonly number[]): string | undefined {
  const text = optionalString(field, value);
  if (text === undefined) return undefined;
  const [address = "", bits = ""] = text.split("/");
  const zeros = sizes.includes(Number(bits)) ? (32 - Number(bits)) / 8 : 0;
  if (!isIPv4(address) || zeros === 0 || !address.endsWith(".0".repeat(zeros))) {
    const sizeText = sizes.map((size) => `/${size}`).join(" or ");
    throw new ClusterConfigError(field, `must be an IPv4 range of size ${sizeText}, not ${text}`);
  }
  return text;
}

function mirrorsOf(value: unknown): { host: string; url: string }[] {
  return Object.entries(stringMap("registryMirrors", value)).map(([host, url]) => {
    if (!/^https?:\/\/.+/.test(url)) {
      throw new ClusterConfigError(`registryMirrors.${host}`, "must be an http or https URL");
    }
    return { host, url };
  });
}

/** For each component a map of flags without their dashes, or a list of whole flags. */
function extraArgumentsOf(value: unknown): ExtraArguments {
  const components = fieldsOf("extraArgs", value);
  refuseUnknown("extraArgs", components, Object.keys(noExtraArguments));
  const of = (component: string) => {
    const field = `extraArgs.${component}`;
    const given = components[component] ?? [];
    if (Array.isArray(given)) return stringList(field, given);
    return Object.entries(stringMap(field, given)).map(([flag, text]) => `--${flag}=${text}`);
  };
  const known = Object.keys(noExtraArguments).map((component) => [component, of(component)]);
  return { ...noExtraArguments, ...Object.fromEntries(known) };
}

function fieldsOf(field: string, value: unknown): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new ClusterConfigError(field, `must be a map, not ${say(value)}`);
}

function refuseUnknown(field: string, fields: Fields, known: readonly string[]): void {
  const unknown = Object.keys(fields).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  const path = field === "" ? unknown : `${field}.${unknown}`;
  throw new ClusterConfigError(path, `unknown field; known are ${known.join(", ")}`);
}

function optionalString(field: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string" && value !== "") return value;
  throw new ClusterConfigError(field, `must be a string, not ${say(value)}`);
}

function stringList(field: string, value: unknown): string[] {
  if (!Array.isArray(value)) throw new ClusterConfigError(field, "must be a list of strings");
  return value.map((entry: unknown, index) => {
    if (typeof entry === "string") return entry;
    throw new ClusterConfigError(`${field}[${index}]`, `must be a string, not ${say(entry)}`);
  });
}

/** Numbers and booleans count as their text: YAML writers rarely quote them. */
function stringMap(field: string, value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fieldsOf(field, value)).map(([key, entry]) => {
      if (["string", "number", "boolean"].includes(typeof entry)) return [key, String(entry)];
      throw new ClusterConfigError(`${field}.${key}`, `must be a string, not ${say(entry)}`);
    }),
  );
}

const say = (value: unknown) => (value === undefined ? "nothing" : JSON.stringify(value));

function optional<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]?: V });
}
