import { configMaps } from "@kubets/client";
import { createMemoryClient } from "@kubets/client/testing";
import { FakeClock, silentLogger } from "@kubets/service";
import { afterEach, describe, expect, it } from "vitest";
import { makePod } from "../testing/pods.ts";
import { ObjectWatches } from "./object-watches.ts";

const settings = (color: string) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "settings", namespace: "default", uid: "settings" },
  data: { color },
});
const pod = makePod({
  volumes: [{ name: "settings", configMap: { name: "settings" } }],
});

describe("what pods refer to", () => {
  const clock = new FakeClock();
  let stop = async () => {};
  afterEach(() => stop());

  const start = (isReachable = true) => {
    const api = createMemoryClient({ clock });
    let isUp = isReachable;
    const woken: string[] = [];
    const watches = new ObjectWatches({
      client: {
        get: (...args) => api.get(...args),
        watch: (...args) => api.watch(...args),
        list: (...args) => (isUp ? api.list(...args) : Promise.reject(new Error("unreachable"))),
      },
      clock,
      logger: silentLogger,
      onChange: (uids) => woken.push(...uids),
    });
    stop = () => watches.stop();
    const comeUp = () => {
      isUp = true;
    };
    return { api, watches, woken, comeUp };
  };
  const uid = pod.metadata.uid ?? "";
  const settled = async () => {
    for (let i = 0; i < 10; i++) {
      await clock.advance(0);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  it("is waited for once, and wakes the pods only when it changes", async () => {
    const { api, watches, woken } = start();
    api.seed(configMaps, settings("blue"));
    watches.addPod(pod);
    expect((await watches.configMap("default", "settings"))?.data).toEqual({ color: "blue" });
    await settled();
    expect(woken).toEqual([]);
    api.seed(configMaps, settings("red"));
    await settled();
    expect(woken).toEqual([uid]);
    expect((await watches.configMap("default", "settings"))?.data).toEqual({ color: "red" });
  });

  it("wakes pods that gave up waiting for it", async () => {
    const { api, watches, woken, comeUp } = start(false);
    api.seed(configMaps, settings("blue"));
    watches.addPod(pod);
    const refused = expect(watches.configMap("default", "settings")).rejects.toThrow(
      "timed out waiting for the condition",
    );
    await clock.advance(10_000);
    await refused;
    expect(woken).toEqual([]);
    comeUp();
    await clock.advance(30_000);
    await settled();
    expect(woken).toEqual([uid]);
  });
});
