/**
 * Secrets that a pod may not use, because its account does not list them.
 *
 * Upstream: plugin/pkg/admission/serviceaccount/admission.go limitSecretReferences and
 * limitEphemeralContainerSecretReferences @1.36
 */
import type { Container, EphemeralContainer, Pod, ServiceAccount } from "@kubets/api/core/v1";

/** The text of the refusal, or undefined when every secret is listed. */
export function findForbiddenSecret(pod: Pod, account: ServiceAccount): string | undefined {
  const accountName = account.metadata.name ?? "";
  const mountable = mountableSecrets(account);
  const behind = `is not allowed because service account ${accountName} does not reference that secret`;
  for (const { secret } of pod.spec?.volumes ?? []) {
    const name = secret?.secretName;
    if (name !== undefined && !mountable.has(name)) {
      return `volume with secret.secretName="${name}" ${behind}`;
    }
  }
  for (const container of pod.spec?.initContainers ?? []) {
    const found = ofContainer("init container", container, mountable, behind);
    if (found !== undefined) return found;
  }
  for (const container of pod.spec?.containers ?? []) {
    const found = ofContainer("container", container, mountable, behind);
    if (found !== undefined) return found;
  }
  const pullSecrets = new Set((account.imagePullSecrets ?? []).map((each) => each.name));
  for (const [index, { name }] of (pod.spec?.imagePullSecrets ?? []).entries()) {
    if (!pullSecrets.has(name)) {
      return `imagePullSecrets[${index}].name="${name ?? ""}" is not allowed because service account ${accountName} does not reference that imagePullSecret`;
    }
  }
  return undefined;
}

export function findForbiddenSecretOfEphemeral(
  pod: Pod,
  account: ServiceAccount,
): string | undefined {
  const mountable = mountableSecrets(account);
  const behind = `is not allowed because service account ${account.metadata.name ?? ""} does not reference that secret`;
  for (const container of pod.spec?.ephemeralContainers ?? []) {
    const found = ofContainer("ephemeral container", container, mountable, behind);
    if (found !== undefined) return found;
  }
  return undefined;
}

function ofContainer(
  sort: string,
  container: Container | EphemeralContainer,
  mountable: ReadonlySet<string>,
  behind: string,
): string | undefined {
  for (const { name: variable, valueFrom } of container.env ?? []) {
    const name = valueFrom?.secretKeyRef?.name;
    if (name !== undefined && !mountable.has(name)) {
      return `${sort} ${container.name} with envVar ${variable} referencing secret.secretName="${name}" ${behind}`;
    }
  }
  for (const { secretRef } of container.envFrom ?? []) {
    const name = secretRef?.name;
    if (name !== undefined && !mountable.has(name)) {
      return `${sort} ${container.name} with envFrom referencing secret.secretName="${name}" ${behind}`;
    }
  }
  return undefined;
}

function mountableSecrets(account: ServiceAccount): ReadonlySet<string> {
  return new Set((account.secrets ?? []).map((each) => each.name ?? ""));
}
