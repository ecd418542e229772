/**
 * Every pod runs as a service account and finds that account's token at a known path.
 *
 * Upstream: plugin/pkg/admission/serviceaccount/admission.go @1.36
 */
import type { Container, Pod, PodSpec, ServiceAccount, Volume } from "@kubets/api/core/v1";
import { visitPodReferences } from "@kubets/authz";
import { type Clock, sleep } from "@kubets/service";
import { type AdmissionReader, serviceAccounts } from "../admission-reader.ts";
import { forbiddenByAdmission } from "../forbidden-by-admission.ts";
import { isMirrorPod, isPod } from "../object-kinds.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../plugin.ts";
import { findForbiddenSecret, findForbiddenSecretOfEphemeral } from "./mountable-secrets.ts";

export interface ServiceAccountPluginOptions {
  readonly reader: AdmissionReader;
  readonly clock: Clock;
  /** Five characters for the volume's name. */
  readonly nameSuffix: () => string;
}

const DEFAULT_NAME = "default";
const VOLUME_PREFIX = "kube-api-access-";
const MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";
const TOKEN_SECONDS = 3_607;
const PROJECTED_MODE = 0o644;
const ENFORCE_ANNOTATION = "kubernetes.io/enforce-mountable-secrets";
/** A namespace's default account is made right behind the namespace; a pod made in between waits for it. */
const DEFAULT_ATTEMPTS = 10;
const ATTEMPT_WAIT_MS = 100;

export function createServiceAccountPlugin(options: ServiceAccountPluginOptions): AdmissionPlugin {
  const { reader, clock, nameSuffix } = options;

  function withAccount(
    request: AdmissionRequest,
    name: string,
    use: (account: ServiceAccount) => Pod | undefined,
  ): Pod | undefined | Promise<Pod | undefined> {
    const known = reader.peek(serviceAccounts, request.namespace, name);
    if (known !== undefined) return use(known);
    return readAccount(request, name).then(use);
  }

  async function readAccount(request: AdmissionRequest, name: string): Promise<ServiceAccount> {
    const attempts = name === DEFAULT_NAME ? DEFAULT_ATTEMPTS : 1;
    for (let attempt = 1; ; attempt++) {
      const found = await reader.read(serviceAccounts, request.namespace, name);
      if (found !== undefined) return found;
      if (attempt === attempts) break;
      await sleep(clock, ATTEMPT_WAIT_MS);
    }
    throw forbiddenByAdmission(
      request,
      `error looking up service account ${request.namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`,
    );
  }

  return {
    name: "ServiceAccount",
    handles: (operation, { group, resource }, subresource) =>
      group === "" &&
      resource === "pods" &&
      ((operation === "CREATE" && subresource === "") ||
        (operation === "UPDATE" && subresource === "ephemeralcontainers")),
    mutate(request) {
      const { object: pod, operation } = request;
      if (!isPod(pod) || operation !== "CREATE") return undefined;
      if (isMirrorPod(pod)) {
        checkMirrorPod(request, pod);
        return undefined;
      }
      const name = pod.spec?.serviceAccountName || DEFAULT_NAME;
      return withAccount(request, name, (account) => {
        const prepared = prepare(pod, account, nameSuffix);
        checkSecrets(request, prepared, account);
        return prepared;
      });
    },
    validate(request) {
      const { object: pod, operation } = request;
      if (!isPod(pod)) return undefined;
      if (operation === "CREATE" && isMirrorPod(pod)) {
        checkMirrorPod(request, pod);
        return undefined;
      }
      const name = pod.spec?.serviceAccountName ?? "";
      if (name === "") {
        if (operation !== "CREATE") return undefined;
        throw forbiddenByAdmission(
          request,
          `no service account specified for pod ${request.namespace}/${pod.metadata.name ?? ""}`,
        );
      }
      const checked = withAccount(request, name, (account) => {
        checkSecrets(request, pod, account);
        return undefined;
      });
      return checked instanceof Promise ? checked.then(() => undefined) : undefined;
    },
  };
}

/** The pod with its account, the token's volume and mounts, and the account's pull secrets. */
function prepare(pod: Pod, account: ServiceAccount, nameSuffix: () => string): Pod {
  const name = account.metadata.name ?? DEFAULT_NAME;
  const given: PodSpec = pod.spec ?? { containers: [] };
  const spec: PodSpec = { ...given, serviceAccountName: name, serviceAccount: name };
  const pullSecrets = account.imagePullSecrets ?? [];
  if ((given.imagePullSecrets ?? []).length === 0 && pullSecrets.length > 0) {
    spec.imagePullSecrets = pullSecrets.map((each) => ({ ...each }));
  }
  const automount =
    given.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
  if (automount) mountToken(spec, nameSuffix);
  return { ...pod, spec };
}

/** Fills `spec`, which is ours; containers are copied. */
function mountToken(spec: PodSpec, nameSuffix: () => string): void {
  const volumes = spec.volumes ?? [];
  const existing = volumes.find(({ name }) => name.startsWith(VOLUME_PREFIX));
  const volumeName = existing?.name ?? `${VOLUME_PREFIX}${nameSuffix()}`;
  let isNeeded = false;
  const mounted = (container: Container): Container => {
    const mounts = container.volumeMounts ?? [];
    // Something else at this path means that the author does not want the token there.
    if (mounts.some(({ mountPath }) => mountPath === MOUNT_PATH)) return container;
    isNeeded = true;
    const mount = { name: volumeName, readOnly: true, mountPath: MOUNT_PATH };
    return { ...container, volumeMounts: [...mounts, mount] };
  };
  if (spec.initContainers !== undefined) spec.initContainers = spec.initContainers.map(mounted);
  spec.containers = (spec.containers ?? []).map(mounted);
  if (isNeeded && existing === undefined) spec.volumes = [...volumes, tokenVolume(volumeName)];
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      defaultMode: PROJECTED_MODE,
      sources: [
        { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: "token" } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        {
          downwardAPI: {
            items: [
              {
                path: "namespace",
                fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" },
              },
            ],
          },
        },
      ],
    },
  };
}

function checkMirrorPod(request: AdmissionRequest, pod: Pod): void {
  if ((pod.spec?.serviceAccountName ?? "") !== "") {
    throw forbiddenByAdmission(request, "a mirror pod may not reference service accounts");
  }
  visitPodReferences(pod, (kind) => {
    if (kind === "secrets") {
      throw forbiddenByAdmission(request, "a mirror pod may not reference secrets");
    }
  });
  const projected = (pod.spec?.volumes ?? []).flatMap((volume) => volume.projected?.sources ?? []);
  if (projected.some((source) => source.serviceAccountToken !== undefined)) {
    throw forbiddenByAdmission(
      request,
      "a mirror pod may not use ServiceAccountToken volume projections",
    );
  }
}

function checkSecrets(request: AdmissionRequest, pod: Pod, account: ServiceAccount): void {
  if (!isEnforced(account)) return;
  const refused =
    request.subresource === "ephemeralcontainers"
      ? findForbiddenSecretOfEphemeral(pod, account)
      : findForbiddenSecret(pod, account);
  if (refused !== undefined) throw forbiddenByAdmission(request, refused);
}

/** The annotation holds a Go boolean. */
function isEnforced(account: ServiceAccount): boolean {
  const value = account.metadata.annotations?.[ENFORCE_ANNOTATION];
  return value !== undefined && /^(1|t|T|true|True|TRUE)$/.test(value);
}
