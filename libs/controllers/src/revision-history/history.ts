/** Reads and writes the ControllerRevisions of one kind of owner. */
import { controllerOf, isStatusError, type LabelSelectorMatcher } from "@kubets/api";
import type { ControllerRevision } from "@kubets/api/apps/v1";
import type { Client } from "@kubets/client";
import { controllerRevisions, type Informer, type ResourceType } from "@kubets/client";
import { CONTROLLER_INDEX, ORPHAN_INDEX } from "../manager/informer-indexes.ts";
import { isSemanticallyEqual } from "../ownership/canonical-json.ts";
import { claimObjects } from "../ownership/claim-objects.ts";
import { type HistoryPlan, planHistory, type RevisionOwner } from "./plan.ts";

export interface HistoryOptions<O extends RevisionOwner> {
  readonly ownerType: ResourceType<O>;
  readonly revisions: Informer<ControllerRevision>;
  readonly hashLabel: string;
  readonly client: Client;
}

export type HistoryResult =
  | { readonly kind: "history"; readonly plan: HistoryPlan }
  /** Another template has the name: the owner's collision count has to go up. */
  | { readonly kind: "collision" };

export class RevisionHistory<O extends RevisionOwner> {
  readonly #options: HistoryOptions<O>;

  constructor(options: HistoryOptions<O>) {
    this.#options = options;
  }

  /** The revision of the present template is there afterwards, with the highest number. */
  async sync(
    owner: O,
    selector: LabelSelectorMatcher,
    signal: AbortSignal,
  ): Promise<HistoryResult> {
    const { client, hashLabel, ownerType, revisions } = this.#options;
    const { uid = "", namespace = "" } = owner.metadata;
    const held = await claimObjects({
      owner,
      ownerType,
      type: controllerRevisions,
      selector,
      candidates: [
        ...revisions.store.byIndex(CONTROLLER_INDEX, uid),
        ...revisions.store.byIndex(ORPHAN_INDEX, namespace),
      ],
      client,
      signal,
    });
    const plan = planHistory(owner, held, hashLabel);
    switch (plan.action) {
      case "none":
        return { kind: "history", plan };
      case "renumber": {
        const current = await client.update(controllerRevisions, plan.current, { signal });
        return { kind: "history", plan: { ...plan, current } };
      }
      case "create": {
        const current = await this.#create(plan.current, uid, signal);
        if (current === undefined) return { kind: "collision" };
        return { kind: "history", plan: { ...plan, current } };
      }
    }
  }

  async remove(surplus: readonly ControllerRevision[], signal: AbortSignal): Promise<void> {
    for (const { metadata } of surplus) {
      const { namespace = "", name = "" } = metadata;
      try {
        await this.#options.client.delete(controllerRevisions, namespace, name, { signal });
      } catch (error) {
        if (!isStatusError(error, "NotFound")) throw error;
      }
    }
  }

  async #create(
    wanted: ControllerRevision,
    ownerUid: string,
    signal: AbortSignal,
  ): Promise<ControllerRevision | undefined> {
    const { client } = this.#options;
    try {
      return await client.create(controllerRevisions, wanted, { signal });
    } catch (error) {
      if (!isStatusError(error, "AlreadyExists")) throw error;
    }
    const { namespace = "", name = "" } = wanted.metadata;
    const existing = await client.get(controllerRevisions, namespace, name, { signal });
    const isOurs = controllerOf(existing)?.uid === ownerUid;
    return isOurs && isSemanticallyEqual(existing.data, wanted.data) ? existing : undefined;
  }
}
