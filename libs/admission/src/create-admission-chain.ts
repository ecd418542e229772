/**
 * Which plugins run: the defaults, what the flags switch on and off, in upstream's order.
 *
 * Upstream: pkg/kubeapiserver/options/admission.go and
 * staging/src/k8s.io/apiserver/pkg/server/options/admission.go @1.36
 */
import { randomInt } from "node:crypto";
import type { Authorizer } from "@kubets/authz";
import { type Clock, FlagError } from "@kubets/service";
import { chainPlugins } from "./admission-chain.ts";
import type { AdmissionReader } from "./admission-reader.ts";
import type { AdmissionChain, AdmissionPlugin } from "./plugin.ts";
import { defaultPlugins, type PluginName, pluginOrder } from "./plugin-order.ts";
import {
  createCertificateApproval,
  createCertificateSigning,
  createCertificateSubjectRestriction,
  createClusterTrustBundleAttest,
} from "./plugins/certificates.ts";
import { createDefaultIngressClass, createDefaultStorageClass } from "./plugins/default-class.ts";
import {
  createDefaultTolerationSeconds,
  type DefaultTolerationSecondsOptions,
} from "./plugins/default-toleration-seconds.ts";
import { createLimitRanger } from "./plugins/limit-ranger.ts";
import { createNamespaceLifecycle } from "./plugins/namespace-lifecycle.ts";
import { createNodeRestriction } from "./plugins/node-restriction/node-restriction.ts";
import { createPodSecurity } from "./plugins/pod-security/pod-security.ts";
import { createPodTopologyLabels } from "./plugins/pod-topology-labels.ts";
import { createPriority } from "./plugins/priority.ts";
import {
  createAlwaysDeny,
  createAlwaysPullImages,
  createDenyServiceExternalIps,
  createNamespaceExists,
} from "./plugins/refusals.ts";
import { createResourceQuota, type QuotaWriter } from "./plugins/resource-quota/resource-quota.ts";
import { createRuntimeClass } from "./plugins/runtime-class.ts";
import { createServiceAccountPlugin } from "./plugins/service-account.ts";
import {
  createClaimResize,
  createStorageObjectInUseProtection,
} from "./plugins/storage-objects.ts";
import { createTaintNodesByCondition } from "./plugins/taint-nodes-by-condition.ts";

export interface AdmissionContext {
  readonly reader: AdmissionReader;
  readonly authorizer: Authorizer;
  readonly clock: Clock;
  /** Takes room in quotas. */
  readonly quotaWriter: QuotaWriter;
  readonly tolerationSeconds?: DefaultTolerationSecondsOptions;
  /** Five characters for generated names. Default: random ones. */
  readonly nameSuffix?: () => string;
}

export interface AdmissionChainOptions extends AdmissionContext {
  /** Upstream flag: --enable-admission-plugins. */
  readonly enable?: readonly string[];
  /** Upstream flag: --disable-admission-plugins. */
  readonly disable?: readonly string[];
  /** Run before all others and cannot be switched off: checks that are part of a resource and not of a policy. */
  readonly always?: readonly AdmissionPlugin[];
}

/** The plugins that this server has. */
const factories: Partial<Record<PluginName, (context: AdmissionContext) => AdmissionPlugin>> = {
  AlwaysAdmit: () => ({ name: "AlwaysAdmit", handles: () => false }),
  NamespaceLifecycle: createNamespaceLifecycle,
  NamespaceExists: createNamespaceExists,
  LimitRanger: createLimitRanger,
  ServiceAccount: (context) =>
    createServiceAccountPlugin({ ...context, nameSuffix: context.nameSuffix ?? randomSuffix }),
  NodeRestriction: createNodeRestriction,
  TaintNodesByCondition: createTaintNodesByCondition,
  AlwaysPullImages: createAlwaysPullImages,
  PodSecurity: createPodSecurity,
  Priority: createPriority,
  DefaultTolerationSeconds: (context) => createDefaultTolerationSeconds(context.tolerationSeconds),
  DefaultStorageClass: createDefaultStorageClass,
  StorageObjectInUseProtection: createStorageObjectInUseProtection,
  PersistentVolumeClaimResize: createClaimResize,
  RuntimeClass: createRuntimeClass,
  CertificateApproval: createCertificateApproval,
  CertificateSigning: createCertificateSigning,
  ClusterTrustBundleAttest: createClusterTrustBundleAttest,
  CertificateSubjectRestriction: createCertificateSubjectRestriction,
  DefaultIngressClass: createDefaultIngressClass,
  PodTopologyLabels: createPodTopologyLabels,
  DenyServiceExternalIPs: createDenyServiceExternalIps,
  ResourceQuota: (context) => createResourceQuota({ ...context, writer: context.quotaWriter }),
  AlwaysDeny: createAlwaysDeny,
};

/** Throws FlagError for names that are unknown, that this server does not have, or that are on both lists. */
export function createAdmissionChain(options: AdmissionChainOptions): AdmissionChain {
  const names = enabledPlugins(options.enable ?? [], options.disable ?? []);
  const plugins = names.flatMap((name) => factories[name]?.(options) ?? []);
  return chainPlugins([...(options.always ?? []), ...plugins]);
}

/** In the order in which they run; the defaults that this server does not have are left out. */
export function enabledPlugins(
  enable: readonly string[],
  disable: readonly string[],
): readonly PluginName[] {
  for (const [flag, names] of [
    ["enable", enable],
    ["disable", disable],
  ] as const) {
    for (const name of names) {
      if (!pluginOrder.some((known) => known === name)) {
        throw new FlagError(`${flag}-admission-plugins plugin ${JSON.stringify(name)} is unknown`);
      }
    }
  }
  const both = enable.filter((name) => disable.includes(name));
  if (both.length > 0) {
    throw new FlagError(
      `[${both.join(" ")}] in enable-admission-plugins and disable-admission-plugins overlapped`,
    );
  }
  const enabled = pluginOrder.filter(
    (name) => (defaultPlugins.has(name) || enable.includes(name)) && !disable.includes(name),
  );
  const lacking = enabled.find((name) => enable.includes(name) && factories[name] === undefined);
  if (lacking !== undefined) {
    throw new FlagError(`enable-admission-plugins: this server does not have ${lacking}`);
  }
  return enabled.filter((name) => factories[name] !== undefined);
}

/** Upstream: staging/src/k8s.io/apimachinery/pkg/util/rand/rand.go String @1.36 */
const SUFFIX_CHARACTERS = "bcdfghjklmnpqrstvwxz2456789";
const SUFFIX_LENGTH = 5;

function randomSuffix(): string {
  let suffix = "";
  while (suffix.length < SUFFIX_LENGTH) {
    suffix += SUFFIX_CHARACTERS[randomInt(SUFFIX_CHARACTERS.length)] ?? "";
  }
  return suffix;
}
