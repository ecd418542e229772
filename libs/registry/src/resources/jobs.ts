import { type Draft, objectField } from "../draft.ts";
import type { StrategyHooks } from "../strategy/strategy.ts";

/**
 * A job that does not bring its selector gets one over its own uid, and its pods get the labels for it.
 *
 * Upstream: pkg/registry/batch/job/strategy.go generateSelector @1.36
 */
export const jobs: StrategyHooks = {
  prepareForCreate(draft: Draft) {
    const spec = objectField(draft, "spec");
    if (spec === undefined || spec.manualSelector === true) return;
    const { uid = "", name = "" } = draft.metadata;
    const template = objectField(spec, "template") ?? {};
    const metadata = objectField(template, "metadata") ?? {};
    const labels = {
      "controller-uid": uid,
      "batch.kubernetes.io/controller-uid": uid,
      "job-name": name,
      "batch.kubernetes.io/job-name": name,
      ...objectField(metadata, "labels"),
    };
    const selector = objectField(spec, "selector") ?? {};
    draft.spec = {
      ...spec,
      selector: {
        ...selector,
        matchLabels: {
          ...objectField(selector, "matchLabels"),
          "batch.kubernetes.io/controller-uid": uid,
        },
      },
      template: { ...template, metadata: { ...metadata, labels } },
    };
  },
};
