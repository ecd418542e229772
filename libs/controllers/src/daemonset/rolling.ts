/**
 * Which daemons of an old version are replaced now.
 *
 * Upstream: pkg/controller/daemon/update.go rollingUpdate, updatedDesiredNodeCounts @1.36
 */
import { isPodAvailable, isPodTerminating } from "@kubets/api";
import type { DaemonSet } from "@kubets/api/apps/v1";
import type { Pod } from "@kubets/api/core/v1";
import { roundedShare } from "../pod-control/rounded-share.ts";
import { isUpdated } from "./daemon-pod.ts";
import type { DaemonInput, DaemonPlan, NodePods } from "./plan.ts";

/** A node's pods of the new and of the old version, without those that are going. */
interface Versions {
  readonly each: NodePods;
  readonly fresh: Pod | undefined;
  readonly stale: Pod | undefined;
}

export function allowsSurge({ spec }: DaemonSet): boolean {
  const { type = "RollingUpdate", rollingUpdate } = spec?.updateStrategy ?? {};
  return type === "RollingUpdate" && roundedShare(rollingUpdate?.maxSurge ?? 0, 1, "up") > 0;
}

export function planRolling(input: DaemonInput, perNode: readonly NodePods[]): DaemonPlan {
  const versions = perNode
    .filter(({ fit, pods }) => fit.shouldRun || pods.length > 0)
    .map((each) => versionsOf(input, each));
  const { maxSurge, maxUnavailable } = rollingLimits(input.daemonSet, perNode);
  return maxSurge === 0
    ? replaceInPlace(input, versions, maxUnavailable)
    : replaceBeside(input, versions, maxSurge);
}

function versionsOf({ daemonSet, hash }: DaemonInput, each: NodePods): Versions {
  const present = each.pods.filter((pod) => !isPodTerminating(pod));
  return {
    each,
    fresh: present.find((pod) => isUpdated(pod, daemonSet, hash)),
    stale: present.find((pod) => !isUpdated(pod, daemonSet, hash)),
  };
}

/** Old pods go as far as nodes may be without: those that do not serve anyway first. */
function replaceInPlace(
  input: DaemonInput,
  versions: readonly Versions[],
  maxUnavailable: number,
): DaemonPlan {
  const broken: Pod[] = [];
  const serving: Pod[] = [];
  let unavailable = 0;
  for (const { fresh, stale } of versions) {
    if ((fresh === undefined) === (stale === undefined)) unavailable++;
    else if (fresh !== undefined) unavailable += isServing(input, fresh) ? 0 : 1;
    else if (stale !== undefined && isServing(input, stale)) serving.push(stale);
    else if (stale !== undefined) {
      broken.push(stale);
      unavailable++;
    }
  }
  const room = Math.max(0, maxUnavailable - unavailable);
  return { create: [], delete: [...broken, ...serving.slice(0, room)], ended: new Map() };
}

/** New pods come as far as nodes may have two; where the new one serves the old one goes. */
function replaceBeside(
  input: DaemonInput,
  versions: readonly Versions[],
  maxSurge: number,
): DaemonPlan {
  const broken: string[] = [];
  const serving: string[] = [];
  const remove: Pod[] = [];
  /** On nodes that take no daemon any more: they go when enough others serve. */
  const spare: Pod[] = [];
  let surging = 0;
  let available = 0;
  for (const { each, fresh, stale } of versions) {
    const seen = stale ?? fresh;
    if (seen !== undefined && isServing(input, seen)) available++;
    if (stale === undefined) continue;
    const name = each.node.metadata.name ?? "";
    if (fresh !== undefined) {
      if (isServing(input, fresh)) remove.push(stale);
      else surging++;
    } else if (!each.fit.shouldRun) (isServing(input, stale) ? spare : remove).push(stale);
    else (isServing(input, stale) ? serving : broken).push(name);
  }
  const desired = versions.filter(({ each }) => each.fit.shouldRun).length;
  const room = Math.max(0, maxSurge - surging);
  return {
    create: [...broken, ...serving.slice(0, room)],
    delete: [...remove, ...spare.slice(0, Math.max(0, available - desired))],
    ended: new Map(),
  };
}

function isServing({ daemonSet, nowMs }: DaemonInput, pod: Pod): boolean {
  return isPodAvailable(pod, daemonSet.spec?.minReadySeconds ?? 0, nowMs);
}

/** Both are rounded up; when both come to nothing, one node may be without. */
function rollingLimits(
  daemonSet: DaemonSet,
  perNode: readonly NodePods[],
): { readonly maxSurge: number; readonly maxUnavailable: number } {
  const desired = perNode.filter(({ fit }) => fit.shouldRun).length;
  const limits = daemonSet.spec?.updateStrategy?.rollingUpdate;
  const maxSurge = roundedShare(limits?.maxSurge ?? 0, desired, "up");
  const maxUnavailable = roundedShare(limits?.maxUnavailable ?? 1, desired, "up");
  const isNothing = desired > 0 && maxSurge === 0 && maxUnavailable === 0;
  return { maxSurge, maxUnavailable: isNothing ? 1 : maxUnavailable };
}
