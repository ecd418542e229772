import type { ConfigMap } from "@kubets/api/core/v1";
import { configMaps, controllerRunnable, DONE, secrets } from "@kubets/client";
import { describe, expect, it } from "vitest";
import type { ControllerDefinition } from "../controller-context.ts";
import { expectSameEnd, type Scene } from "./perturbations.ts";

/** Makes a secret for each config map; `isCareless`: without looking whether it is there. */
const copier = (isCareless: boolean): ControllerDefinition => ({
  name: "copier",
  build(context) {
    const client = context.client("copier");
    const queue = context.queue("copier");
    const sources = context.informer(configMaps);
    const copies = context.informer(secrets);
    sources.onChange(({ key, old }) => {
      if (!isCareless || old === undefined) queue.add(key);
    });
    return [
      controllerRunnable({
        name: "copier",
        queue,
        informers: [sources, copies],
        logger: context.logger,
        async reconcile(key) {
          const source = sources.store.get(key);
          const name = source?.metadata.name;
          const isThere = copies.store.get(key) !== undefined;
          if (name === undefined || (!isCareless && isThere)) return DONE;
          await client.create(secrets, {
            apiVersion: "v1",
            kind: "Secret",
            metadata: {
              namespace: "default",
              ...(isCareless ? { generateName: name } : { name }),
            },
          });
          return DONE;
        },
      }),
    ];
  },
});
const configMap = (name: string): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default" },
});
const scene = (isCareless: boolean): Scene => ({
  controllers: [copier(isCareless)],
  compared: [secrets],
  steps: [
    async ({ client }) => void (await client.create(configMaps, configMap("a"))),
    async ({ client }) => void (await client.create(configMaps, configMap("b"))),
  ],
});

describe("the perturbations", () => {
  it("pass what looks before it writes", async () => {
    await expect(expectSameEnd(scene(false))).resolves.toBeDefined();
  });
  it("catch what acts on events alone", async () => {
    await expect(expectSameEnd(scene(true))).rejects.toThrow(/restart writes|leads elsewhere/);
  });
});
