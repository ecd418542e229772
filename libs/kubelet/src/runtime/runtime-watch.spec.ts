import { type ContainerRuntime, createSimulatedRuntime, type RuntimeEvent } from "@kubets/cri";
import { FakeClock, silentLogger } from "@kubets/service";
import { describe, expect, it } from "vitest";
import { EMPTY_RUNTIME } from "../pod/pod-runtime.ts";
import { makeRuntimeContainer, running } from "../testing/pods.ts";
import { RuntimeWatch } from "./runtime-watch.ts";

async function start() {
  const clock = new FakeClock();
  const base = createSimulatedRuntime({ clock, podCidr: "10.0.0.0/24", writesLogs: false });
  const pushed: RuntimeEvent[] = [];
  let wake: () => void = () => {};
  const runtime: ContainerRuntime = {
    ...base,
    async *events(signal) {
      while (!signal.aborted) {
        const event = pushed.shift();
        if (event !== undefined) yield event;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
            signal.addEventListener("abort", () => resolve(), { once: true });
          });
        }
      }
    },
  };
  const changed: string[] = [];
  const watch = new RuntimeWatch({
    runtime,
    clock,
    logger: silentLogger,
    onPodChanged: (uid) => changed.push(uid),
  });
  await watch.start();
  await clock.advance(0);
  const push = async (event: RuntimeEvent) => {
    pushed.push(event);
    wake();
    await clock.advance(0);
  };
  const makeSandbox = (uid: string) =>
    runtime.runSandbox(
      {
        metadata: { name: uid, namespace: "default", uid, attempt: 0 },
        hostname: uid,
        logDirectory: "",
        portMappings: [],
        labels: { "io.kubernetes.pod.uid": uid },
        annotations: {},
        cgroupParent: "",
        sysctls: {},
        security: {
          namespaces: { network: "pod", pid: "container", ipc: "pod" },
          supplementalGroups: [],
          privileged: false,
          seccomp: { type: "RuntimeDefault" },
        },
      },
      "",
    );
  return { clock, watch, changed, push, runtime, makeSandbox };
}

describe("what happens in the runtime", () => {
  it("is told once, by the next list at the latest", async () => {
    const { clock, watch, changed, runtime, makeSandbox } = await start();
    const id = await makeSandbox("a");
    await clock.advance(1000);
    expect(changed).toEqual(["a"]);
    await clock.advance(5000);
    expect(changed).toEqual(["a"]);
    await runtime.removeSandbox(id);
    await clock.advance(1000);
    expect(changed).toEqual(["a", "a"]);
    await watch.stop();
  });

  it("is not told to the worker that has just seen it, nor is nothing told as something", async () => {
    const { clock, watch, changed, runtime, makeSandbox } = await start();
    const id = await makeSandbox("a");
    watch.note("a", { sandboxes: [await runtime.sandboxStatus(id)], containers: [] });
    watch.note("empty", EMPTY_RUNTIME);
    await clock.advance(3000);
    expect(changed).toEqual([]);
    await watch.stop();
  });

  it("is looked at again soon when an exit is told before the runtime shows it", async () => {
    const { clock, watch, changed, push } = await start();
    const container = makeRuntimeContainer("app");
    watch.note("uid-1", running(container));
    changed.length = 0;
    await push({ type: "exited", id: container.id });
    expect(changed).toEqual(["uid-1"]);
    // The worker looks, and the container still seems to run.
    watch.note("uid-1", running(container));
    await clock.advance(10);
    expect(changed).toEqual(["uid-1", "uid-1"]);
    watch.note("uid-1", running({ ...container, state: "exited" }));
    changed.length = 0;
    await clock.advance(500);
    expect(changed).toEqual([]);
    await watch.stop();
  });

  it("makes the node unhealthy when it cannot be seen for minutes", async () => {
    const { clock, watch, runtime } = await start();
    expect(watch.unhealthy()).toBeUndefined();
    Object.assign(runtime, { listSandboxes: () => Promise.reject(new Error("down")) });
    await clock.advance(182_000);
    expect(watch.unhealthy()).toMatch(
      /^PLEG is not healthy: pleg was last seen active 18\ds ago; threshold is 3m0s$/,
    );
    await watch.stop();
  });
});
