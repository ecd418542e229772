/** A registry over the in-memory store and the real cache, and a client's way to it, for specs. */
import type { AdmissionChain } from "@kubets/admission";
import { type JsonValue, type KubeObject, parseJson, schemas } from "@kubets/api";
import type { UserInfo } from "@kubets/authn";
import { applyDefaults, decodeStrict } from "@kubets/schema";
import { FakeClock, silentLogger } from "@kubets/service";
import { createMemoryStorage, MemoryHistory, type Storage } from "@kubets/storage";
import { createWatchCache, type WatchCache } from "@kubets/watch-cache";
import { createRegistry } from "../create-registry.ts";
import type { Randomness } from "../randomness.ts";
import type { RegistryOptions } from "../registry-options.ts";
import type { Registry, RequestScope, ResourceStore } from "../store.ts";
import { noAdmission } from "../subresources/no-admission.ts";

export interface Replica {
  readonly registry: Registry;
  readonly storage: Storage;
  readonly cache: WatchCache;
  store(resource: string, group?: string, version?: string): ResourceStore;
  stop(): Promise<void>;
}

export interface HarnessOptions extends Partial<RegistryOptions> {
  /** What several replicas share. */
  readonly history?: MemoryHistory;
}

export async function startReplica(options: HarnessOptions = {}): Promise<Replica> {
  const storage = createMemoryStorage({ history: options.history ?? new MemoryHistory() });
  const clock = options.clock ?? new FakeClock();
  const cache = createWatchCache({ storage, clock });
  const stopping = new AbortController();
  await cache.start(stopping.signal);
  const registry = createRegistry({
    clock,
    logger: silentLogger,
    serviceClusterIPRange: ["10.96.0.0/16"],
    ...options,
    storage,
    cache,
  });
  return {
    registry,
    storage,
    cache,
    store(resource, group = "", version = "v1") {
      const store = registry.store(group, version, resource);
      if (store === undefined) throw new TypeError(`no ${resource} in ${group}/${version}`);
      return store;
    },
    async stop() {
      stopping.abort();
      await cache.stop();
      await storage.close();
    },
  };
}

let requests = 0;

export interface ScopeOptions {
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
  readonly user?: UserInfo;
  readonly warnings?: string[];
}

export function scopeIn(namespace: string, options: ScopeOptions = {}): RequestScope {
  return {
    user: options.user ?? { name: "tester", groups: ["system:authenticated"] },
    namespace,
    requestId: `request-${++requests}`,
    dryRun: options.dryRun ?? false,
    fieldManager: options.fieldManager ?? "tests",
    warn: (text) => options.warnings?.push(text),
    signal: new AbortController().signal,
  };
}

/** As the edge hands it over: decoded by its schema and defaulted. */
export function decoded(value: object): KubeObject {
  const json = parseJson(Buffer.from(JSON.stringify(value))) as { [key: string]: JsonValue };
  const apiVersion = String(json.apiVersion);
  const [group = "", version = ""] = apiVersion.includes("/")
    ? apiVersion.split("/")
    : ["", apiVersion];
  const type = schemas.kind(group, version, String(json.kind));
  if (type === undefined) throw new TypeError(`no schema of ${apiVersion} ${json.kind}`);
  const { object, problems } = decodeStrict(type, json);
  if (problems.length > 0) throw new TypeError(problems.join(", "));
  const draft = object as unknown as KubeObject;
  applyDefaults(draft);
  return draft;
}

export const admitAll: AdmissionChain = noAdmission;

/** What a refused call was refused with: code, reason and message. */
export async function refusal(call: Promise<unknown>): Promise<{
  readonly code: number | undefined;
  readonly reason: string | undefined;
  readonly message: string | undefined;
}> {
  try {
    await call;
  } catch (error) {
    const { status } = error as { status?: { code?: number; reason?: string; message?: string } };
    if (status === undefined) throw error;
    return { code: status.code, reason: status.reason, message: status.message };
  }
  throw new Error("the call was not refused");
}

/** Counts instead of guessing. */
export function steadyRandomness(): Randomness {
  let count = 0;
  return {
    uuid: () => `00000000-0000-4000-8000-${String(++count).padStart(12, "0")}`,
    below: (bound) => count++ % bound,
  };
}
