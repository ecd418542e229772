import { builtinResources } from "@kubets/api";
import { describe, expect, it } from "vitest";
import { builtinControllers } from "../builtin-controllers.ts";
import { selectControllers } from "../select-controllers.ts";
import { CONTROLLER_SCENES } from "./controller-scenes.ts";
import { expectSameEnd } from "./perturbations.ts";

const all = builtinControllers({
  // What the scenes need of the API, so that each run watches a handful of resources.
  resources: () =>
    builtinResources.filter(
      ({ group, resource }) =>
        group === "" && ["configmaps", "pods", "namespaces", "serviceaccounts"].includes(resource),
    ),
  rootCa: "PEM",
  nodeIpam: { clusterCidr: "10.0.0.0/16", nodeMaskBits: 24 },
  nodeMonitorGraceMs: 5_000,
  nodeStartupGraceMs: 5_000,
  nodeEvictionRates: { perSecond: 1 },
});

describe("every built-in controller comes to the same end whatever happens to it", () => {
  it.for(all.map(({ name }) => name))("%s", async (name, { annotate }) => {
    const scene = CONTROLLER_SCENES[name];
    if (scene === undefined) throw new Error(`${name} has no scene in controller-scenes.ts`);
    const { stage, faults, writers } = await expectSameEnd({
      ...scene,
      controllers: selectControllers(all, [name, ...(scene.alongside ?? [])]),
    });
    expect(scene.end(stage)).toEqual(scene.wanted);
    // A scene in which it has nothing to do proves nothing.
    expect(writers.get(name) ?? 0).toBeGreaterThan(0);
    expect(Math.min(faults.crashes, faults.lostHistories, faults.laggingViews)).toBeGreaterThan(0);
    await annotate(
      `${faults.crashes} crashes, ${faults.lostHistories} lost histories, ${faults.laggingViews} lagging views`,
    );
  });
  it("and each scene is one of a built-in controller", () => {
    expect(Object.keys(CONTROLLER_SCENES).sort()).toEqual(all.map(({ name }) => name).sort());
  });
});
