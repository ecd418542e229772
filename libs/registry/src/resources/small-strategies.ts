/** Resources whose strategy is a few lines. Upstream: pkg/registry/<group>/<resource>/strategy.go @1.36 */
import { formatTime } from "@kubets/api";
import { deepEqual } from "../deep-equal.ts";
import { type Draft, isRecord, listField, objectField, stringField } from "../draft.ts";
import type { StrategyHooks } from "../strategy/strategy.ts";

/** A node may come with a status, which its creator does not own. */
export const nodes: StrategyHooks = {
  resetForCreate: (draft) => ({ ...draft, status: undefined }),
};

export const limitRanges: StrategyHooks = {
  prepareForCreate(draft, { randomness }) {
    if (!draft.metadata.name) draft.metadata.name = randomness.uuid();
  },
};

/** Of the secrets of a service account only their names are kept. */
function onlySecretNames(draft: Draft): void {
  const secrets = listField(draft, "secrets");
  if (secrets.length === 0) return;
  draft.secrets = secrets.map((secret) => ({ name: stringField(secret, "name") || undefined }));
}
export const serviceAccounts: StrategyHooks = {
  prepareForCreate: onlySecretNames,
  prepareForUpdate: onlySecretNames,
};

export const persistentVolumes: StrategyHooks = {
  prepareForCreate(draft, { nowMs }) {
    draft.status = { phase: "Pending", lastPhaseTransitionTime: formatTime(nowMs) };
  },
  subresources: {
    status: {
      reset(draft, old) {
        draft.spec = old.spec;
      },
      prepare(draft, old, { nowMs }) {
        const status = objectField(draft, "status") ?? {};
        const before = objectField(old, "status") ?? {};
        const known = before.lastPhaseTransitionTime;
        const sent = status.lastPhaseTransitionTime;
        if (status.phase !== before.phase && (sent === undefined || sent === known)) {
          draft.status = { ...status, lastPhaseTransitionTime: formatTime(nowMs) };
        } else if (sent === undefined && known !== undefined) {
          draft.status = { ...status, lastPhaseTransitionTime: known };
        }
      },
    },
  },
};

/** The two ways to name a claim's source are kept equal. */
function normalizeDataSources(draft: Draft): void {
  const spec = objectField(draft, "spec");
  if (spec === undefined) return;
  const { dataSource, dataSourceRef } = spec;
  if (isRecord(dataSource) && dataSourceRef === undefined) {
    draft.spec = isClaimSource(dataSource)
      ? { ...spec, dataSourceRef: dataSource }
      : { ...spec, dataSource: undefined };
  } else if (isRecord(dataSourceRef) && dataSource === undefined && !dataSourceRef.namespace) {
    draft.spec = { ...spec, dataSource: dataSourceRef };
  }
}
function isClaimSource(source: { readonly [field: string]: unknown }): boolean {
  const group = source.apiGroup ?? "";
  return (
    (source.kind === "PersistentVolumeClaim" && group === "") ||
    (source.kind === "VolumeSnapshot" && group === "snapshot.storage.k8s.io")
  );
}
export const persistentVolumeClaims: StrategyHooks = {
  prepareForCreate: normalizeDataSources,
  prepareForUpdate: normalizeDataSources,
};

const TEMPLATE_GENERATION = "deprecated.daemonset.template.generation";

/** The template's own generation is written down for clients of the oldest API version. */
export const daemonSets: StrategyHooks = {
  prepareForCreate({ metadata }) {
    metadata.annotations = { ...metadata.annotations, [TEMPLATE_GENERATION]: "1" };
  },
  prepareForUpdate(draft, old) {
    const { metadata } = draft;
    const before = old.metadata.annotations?.[TEMPLATE_GENERATION] ?? "0";
    const same = deepEqual(
      objectField(draft, "spec")?.template,
      objectField(old, "spec")?.template,
    );
    const generation = same ? before : `${Number(before) + 1}`;
    if (metadata.annotations?.[TEMPLATE_GENERATION] === generation) return;
    metadata.annotations = { ...metadata.annotations, [TEMPLATE_GENERATION]: generation };
  },
  subresources: {
    status: {
      reset(draft, old) {
        draft.spec = old.spec;
        // It counts as part of the spec.
        const generation = old.metadata.annotations?.[TEMPLATE_GENERATION];
        const { metadata } = draft;
        if (generation === undefined || metadata.annotations?.[TEMPLATE_GENERATION] === generation)
          return;
        metadata.annotations = { ...metadata.annotations, [TEMPLATE_GENERATION]: generation };
      },
    },
  },
};

/** The names of nodes that the slices of the oldest API version carried. */
export const endpointSlices: StrategyHooks = {
  prepareForCreate: dropTopology,
  prepareForUpdate(draft, old) {
    if (deepEqual(draft.endpoints, old.endpoints)) return;
    // Upstream counts a change that it then drops.
    draft.metadata.generation = (old.metadata.generation ?? 0) + 1;
    dropTopology(draft);
  },
};

/** Clients of this version cannot write it. Upstream: discovery/endpointslice/strategy.go dropTopologyOnV1 @1.36 */
function dropTopology(draft: Draft): void {
  const endpoints = listField(draft, "endpoints");
  if (!endpoints.some(hasTopology)) return;
  draft.endpoints = endpoints.map((endpoint) =>
    hasTopology(endpoint) ? { ...endpoint, deprecatedTopology: undefined } : endpoint,
  );
}
function hasTopology(endpoint: unknown): endpoint is { readonly deprecatedTopology: unknown } {
  return isRecord(endpoint) && endpoint.deprecatedTopology !== undefined;
}

const DEFAULT_UTILIZATION = 80;
const METRICS_OF_V1 = "autoscaling.alpha.kubernetes.io/metrics";

/**
 * An autoscaler that watches nothing watches the CPU. The newer version, which is stored, says so by its defaults; the
 * older one has none for it, and upstream fills it in when it reads the stored object.
 *
 * Upstream: pkg/apis/autoscaling/v2/defaults.go SetDefaults_HorizontalPodAutoscaler @1.36
 */
function watchCpu(draft: Draft): void {
  if (draft.apiVersion !== "autoscaling/v1") return;
  const spec = objectField(draft, "spec") ?? {};
  if (spec.targetCPUUtilizationPercentage !== undefined) return;
  if (draft.metadata.annotations?.[METRICS_OF_V1] !== undefined) return;
  draft.spec = { ...spec, targetCPUUtilizationPercentage: DEFAULT_UTILIZATION };
}
export const horizontalPodAutoscalers: StrategyHooks = {
  prepareForCreate: watchCpu,
  prepareForUpdate: watchCpu,
};

/** An APIService without a service is served here, so it is available as it stands. */
export const apiServices: StrategyHooks = {
  prepareForCreate(draft, { nowMs }) {
    if (objectField(draft, "spec")?.service !== undefined) return;
    draft.status = {
      conditions: [
        {
          type: "Available",
          status: "True",
          lastTransitionTime: formatTime(nowMs),
          reason: "Local",
          message: "Local APIServices are always available",
        },
      ],
    };
  },
};
