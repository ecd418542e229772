/** Performs a claim plan: patches owner references and gives back what the owner holds afterwards. */
import { controllerReference, isStatusError, type KubeObject } from "@kubets/api";
import type { Client, ResourceType } from "@kubets/client";
import { type Claimant, planClaim } from "./claim-plan.ts";

export interface ClaimOptions<T extends KubeObject, O extends KubeObject> extends Claimant {
  readonly owner: O;
  readonly ownerType: ResourceType<O>;
  readonly type: ResourceType<T>;
  readonly candidates: readonly T[];
  readonly isAdoptable?: (candidate: T) => boolean;
  /** Put on what is adopted. */
  readonly finalizers?: readonly string[];
  /** Also asked about the owner before anything is adopted: an informer may not know yet that it is going. */
  readonly client: Client;
  readonly signal: AbortSignal;
}

/** The owner that would adopt is gone or going. */
export class OwnerGoneError extends Error {
  readonly code = "ownerGone";
  constructor(message: string) {
    super(message);
    this.name = "OwnerGoneError";
  }
}

export async function claimObjects<T extends KubeObject, O extends KubeObject>(
  options: ClaimOptions<T, O>,
): Promise<T[]> {
  const plan = planClaim(options, options.candidates, options.isAdoptable);
  const held = [...plan.keep];
  for (const object of plan.release) await release(options, object);
  if (plan.adopt.length === 0) return held;
  await confirmOwner(options);
  for (const object of plan.adopt) {
    const adopted = await adopt(options, object);
    if (adopted !== undefined) held.push(adopted);
  }
  return held;
}

async function confirmOwner<T extends KubeObject, O extends KubeObject>(
  options: ClaimOptions<T, O>,
): Promise<void> {
  const { owner, ownerType, client, signal } = options;
  const { namespace = "", name = "", uid } = owner.metadata;
  const fresh = await client.get(ownerType, namespace, name, { signal });
  if (fresh.metadata.uid !== uid) {
    throw new OwnerGoneError(
      `original ${owner.kind} ${namespace}/${name} is gone: got uid ${fresh.metadata.uid}, wanted ${uid}`,
    );
  }
  if (fresh.metadata.deletionTimestamp !== undefined) {
    throw new OwnerGoneError(
      `${namespace}/${name} has just been deleted at ${fresh.metadata.deletionTimestamp}`,
    );
  }
}

/** Undefined when the object is gone meanwhile. */
async function adopt<T extends KubeObject, O extends KubeObject>(
  options: ClaimOptions<T, O>,
  object: T,
): Promise<T | undefined> {
  const { owner, type, client, finalizers = [], signal } = options;
  const { namespace = "", name = "", uid } = object.metadata;
  const metadata = {
    uid,
    ownerReferences: [controllerReference(owner)],
    ...(finalizers.length === 0 ? {} : { finalizers }),
  };
  try {
    return await client.patch(
      type,
      { namespace, name },
      { type: "application/strategic-merge-patch+json", body: { metadata } },
      { signal },
    );
  } catch (error) {
    if (isStatusError(error, "NotFound")) return undefined;
    throw error;
  }
}

async function release<T extends KubeObject, O extends KubeObject>(
  options: ClaimOptions<T, O>,
  object: T,
): Promise<void> {
  const { owner, type, client, finalizers = [], signal } = options;
  const { namespace = "", name = "", uid } = object.metadata;
  const metadata = {
    uid,
    ownerReferences: [{ $patch: "delete", uid: owner.metadata.uid }],
    ...(finalizers.length === 0 ? {} : { "$deleteFromPrimitiveList/finalizers": finalizers }),
  };
  try {
    await client.patch(
      type,
      { namespace, name },
      { type: "application/strategic-merge-patch+json", body: { metadata } },
      { signal },
    );
  } catch (error) {
    // Gone, or somebody else took the reference away meanwhile.
    if (isStatusError(error, "NotFound") || isStatusError(error, "Invalid")) return;
    throw error;
  }
}
