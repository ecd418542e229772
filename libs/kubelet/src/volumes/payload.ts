/**
 * The files of volumes that are made of API objects: ConfigMaps, Secrets, the pod itself and tokens.
 *
 * Upstream: pkg/volume/{configmap,secret,downwardapi,projected} @1.36
 */
import type {
  ConfigMap,
  DownwardAPIVolumeFile,
  KeyToPath,
  Pod,
  Secret,
  Volume,
  VolumeProjection,
} from "@kubets/api/core/v1";
import { fieldValue, type PodSurroundings, resourceValue } from "../container/downward-values.ts";
import type { ConfigSource } from "../container/environment.ts";
import { errorText, KubeletError } from "../kubelet-error.ts";
import { namespaceOf, specOf } from "../pod/pod-facts.ts";
import type { Payload, PayloadFile } from "./atomic-writer.ts";

export interface TokenRequestSpec {
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
}

export interface PayloadInput {
  readonly pod: Pod;
  readonly around: PodSurroundings;
  readonly config: ConfigSource;
  readonly token: (pod: Pod, spec: TokenRequestSpec) => Promise<string>;
}

const DEFAULT_MODE = 0o644;
const DEFAULT_TOKEN_SECONDS = 3600;

/** Undefined when the volume is not made of API objects. */
export async function volumePayload(
  volume: Volume,
  input: PayloadInput,
): Promise<Payload | undefined> {
  if (volume.configMap !== undefined) {
    const { defaultMode = DEFAULT_MODE, ...source } = volume.configMap;
    return configMapFiles(input, source, defaultMode);
  }
  if (volume.secret !== undefined) {
    const { defaultMode = DEFAULT_MODE, secretName = "", items, optional } = volume.secret;
    return secretFiles(input, { name: secretName, items, optional }, defaultMode);
  }
  if (volume.downwardAPI !== undefined) {
    const { items, defaultMode = DEFAULT_MODE } = volume.downwardAPI;
    return downwardFiles(input, items ?? [], defaultMode);
  }
  if (volume.projected !== undefined) {
    const { sources, defaultMode = DEFAULT_MODE } = volume.projected;
    return projectedFiles(input, sources ?? [], defaultMode);
  }
  return undefined;
}

async function projectedFiles(
  input: PayloadInput,
  sources: readonly VolumeProjection[],
  defaultMode: number,
): Promise<Payload> {
  const files = new Map<string, PayloadFile>();
  const problems: string[] = [];
  // The sources do not depend on each other; waiting for them together saves a round trip each.
  const results = await Promise.allSettled(
    sources.map((source) => projectionFiles(input, source, defaultMode)),
  );
  for (const result of results) {
    if (result.status === "rejected") problems.push(errorText(result.reason));
    else for (const [path, file] of result.value) files.set(path, file);
  }
  const [only] = problems;
  if (only === undefined) return files;
  throw new KubeletError(
    "missingReference",
    problems.length === 1 ? only : `[${problems.join(", ")}]`,
  );
}

async function projectionFiles(
  input: PayloadInput,
  source: VolumeProjection,
  defaultMode: number,
): Promise<Payload> {
  if (source.configMap !== undefined) return configMapFiles(input, source.configMap, defaultMode);
  if (source.secret !== undefined) return secretFiles(input, source.secret, defaultMode);
  if (source.downwardAPI !== undefined) {
    return downwardFiles(input, source.downwardAPI.items ?? [], defaultMode);
  }
  if (source.serviceAccountToken !== undefined) {
    const { audience, expirationSeconds, path } = source.serviceAccountToken;
    const token = await input.token(input.pod, {
      audiences: audience ? [audience] : [],
      expirationSeconds: expirationSeconds ?? DEFAULT_TOKEN_SECONDS,
    });
    return new Map([[path, tokenFile(input.pod, token, defaultMode)]]);
  }
  throw new KubeletError("invalidSpec", "a projected source is of a kind that is not supported");
}

/** Only those who run in the pod read its token: its one user, or its group; else everybody in it. */
function tokenFile(pod: Pod, token: string, defaultMode: number): PayloadFile {
  const bytes = Buffer.from(token);
  const spec = specOf(pod);
  if (spec.securityContext?.fsGroup !== undefined) return { bytes, mode: 0o600 };
  const users = new Set(
    [...(spec.initContainers ?? []), ...spec.containers].map(
      ({ securityContext }) => securityContext?.runAsUser ?? spec.securityContext?.runAsUser,
    ),
  );
  const [uid] = users;
  return users.size === 1 && uid !== undefined
    ? { bytes, mode: 0o600, uid }
    : { bytes, mode: defaultMode };
}

interface ObjectReference {
  readonly name?: string | undefined;
  readonly items?: readonly KeyToPath[] | undefined;
  readonly optional?: boolean | undefined;
}

async function configMapFiles(
  input: PayloadInput,
  source: ObjectReference,
  defaultMode: number,
): Promise<Payload> {
  const name = source.name ?? "";
  const found = await input.config.configMap(namespaceOf(input.pod), name);
  if (found === undefined && source.optional !== true) {
    throw new KubeletError("missingReference", `configmap "${name}" not found`);
  }
  return keyedFiles(configMapBytes(found), source, defaultMode, "config");
}

async function secretFiles(
  input: PayloadInput,
  source: ObjectReference,
  defaultMode: number,
): Promise<Payload> {
  const name = source.name ?? "";
  const found = await input.config.secret(namespaceOf(input.pod), name);
  if (found === undefined && source.optional !== true) {
    throw new KubeletError("missingReference", `secret "${name}" not found`);
  }
  return keyedFiles(secretBytes(found), source, defaultMode, "secret");
}

function configMapBytes(found: ConfigMap | undefined): Map<string, Buffer> {
  return new Map([
    ...Object.entries(found?.data ?? {}).map(([key, text]): [string, Buffer] => [
      key,
      Buffer.from(text),
    ]),
    ...Object.entries(found?.binaryData ?? {}).map(([key, text]): [string, Buffer] => [
      key,
      Buffer.from(text, "base64"),
    ]),
  ]);
}

function secretBytes(found: Secret | undefined): Map<string, Buffer> {
  return new Map(
    Object.entries(found?.data ?? {}).map(([key, text]) => [key, Buffer.from(text, "base64")]),
  );
}

function keyedFiles(
  data: ReadonlyMap<string, Buffer>,
  source: ObjectReference,
  defaultMode: number,
  what: "config" | "secret",
): Payload {
  const { items = [] } = source;
  if (items.length === 0) {
    return new Map([...data].map(([key, bytes]) => [key, { bytes, mode: defaultMode }]));
  }
  const files = new Map<string, PayloadFile>();
  for (const { key, path, mode } of items) {
    const bytes = data.get(key);
    if (bytes !== undefined) files.set(path, { bytes, mode: mode ?? defaultMode });
    else if (source.optional !== true) {
      throw new KubeletError("missingReference", `references non-existent ${what} key: ${key}`);
    }
  }
  return files;
}

function downwardFiles(
  input: PayloadInput,
  items: readonly DownwardAPIVolumeFile[],
  defaultMode: number,
): Payload {
  return new Map(
    items.map(({ path, fieldRef, resourceFieldRef, mode }) => {
      const text =
        fieldRef !== undefined
          ? fieldValue(fieldRef, input.pod, input.around)
          : resourceFieldRef !== undefined
            ? resourceValue(resourceFieldRef, input.pod, undefined, input.around)
            : "";
      return [path, { bytes: Buffer.from(text), mode: mode ?? defaultMode }];
    }),
  );
}
