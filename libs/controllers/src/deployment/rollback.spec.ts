import type { Deployment, ReplicaSet } from "@kubets/api/apps/v1";
import { describe, expect, it } from "vitest";
import { planRollback } from "./rollback.ts";

const template = (image: string, hash?: string) => ({
  metadata: {
    labels: { app: "web", ...(hash === undefined ? {} : { "pod-template-hash": hash }) },
  },
  spec: { containers: [{ name: "c", image }] },
});
const asking = (revision: string | undefined): Deployment => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: {
    name: "web",
    annotations: {
      "kubernetes.io/change-cause": "edit",
      "deployment.kubernetes.io/revision": "3",
      ...(revision === undefined ? {} : { "deprecated.deployment.rollback.to": revision }),
    },
  },
  spec: { selector: {}, template: template("v3") },
});
const set = (revision: number): ReplicaSet => ({
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: {
    name: `web-${revision}`,
    annotations: {
      "kubernetes.io/change-cause": `cause ${revision}`,
      "deployment.kubernetes.io/revision": String(revision),
    },
  },
  spec: { selector: {}, template: template(`v${revision}`, `h${revision}`) },
});

describe("a rollback by annotation", () => {
  it.each([
    {
      name: "to a revision takes its template and its cause",
      to: "1",
      sets: [1, 2, 3],
      image: "v1",
      cause: "cause 1",
      says: 'DeploymentRollback: Rolled back deployment "web" to revision 1',
    },
    {
      name: "to 0 takes the last one",
      to: "0",
      sets: [1, 2, 3],
      image: "v2",
      cause: "cause 2",
      says: 'DeploymentRollback: Rolled back deployment "web" to revision 2',
    },
    {
      name: "to 0 without another revision gives up",
      to: "0",
      sets: [3],
      image: "v3",
      cause: "edit",
      says: "DeploymentRollbackRevisionNotFound: Unable to find last revision.",
    },
    {
      name: "to one that is gone gives up",
      to: "7",
      sets: [1, 2, 3],
      image: "v3",
      cause: "edit",
      says: "DeploymentRollbackRevisionNotFound: Unable to find the revision to rollback to.",
    },
    {
      name: "to what runs already changes nothing",
      to: "3",
      sets: [1, 2, 3],
      image: "v3",
      cause: "edit",
      says: 'DeploymentRollbackTemplateUnchanged: The rollback revision contains the same template as current deployment "web"',
    },
  ])("$name", ({ to, sets, image, cause, says }) => {
    const rollback = planRollback(asking(to), sets.map(set));
    const { metadata, spec } = rollback?.after ?? asking(undefined);
    expect(spec?.template).toEqual(template(image));
    expect(metadata.annotations).toEqual({
      "kubernetes.io/change-cause": cause,
      "deployment.kubernetes.io/revision": "3",
    });
    expect(`${rollback?.event.reason}: ${rollback?.event.message}`).toBe(says);
  });

  it.each([undefined, "", "two"])("is not asked for by %j", (to) => {
    expect(planRollback(asking(to), [set(1), set(3)])).toBeUndefined();
  });
});
