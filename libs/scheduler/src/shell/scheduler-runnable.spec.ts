import type { Node, Pod } from "@kubets/api/core/v1";
import {
  type Client,
  type Fence,
  fencedClient,
  LeaderElector,
  leases,
  nodes,
  pods,
} from "@kubets/client";
import { createMemoryClient, type MemoryClient } from "@kubets/client/testing";
import { FakeClock, HealthChecks, Metrics, silentLogger } from "@kubets/service";
import { beforeEach, describe, expect, it } from "vitest";
import { Scheduler } from "./scheduler.ts";
import { schedulerRunnable } from "./scheduler-runnable.ts";

const node = (name: string, isUnschedulable = false): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name },
  spec: { unschedulable: isUnschedulable },
  status: { allocatable: { cpu: "1", memory: "32Gi", pods: "110" } },
});
const pod = (name: string, priority = 0): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { namespace: "default", name },
  spec: {
    schedulerName: "default-scheduler",
    priority,
    containers: [{ name: "c", image: "nginx", resources: { requests: { cpu: "1" } } }],
  },
});

describe("several schedulers", () => {
  let clock: FakeClock;
  let model: MemoryClient;
  beforeEach(() => {
    clock = new FakeClock();
    model = createMemoryClient({ clock });
  });

  /** A scheduler as its process runs it; it can be made to hang where requests begin or where answers arrive. */
  const replica = (identity: string) => {
    let hangs: "nowhere" | "before a request" | "before an answer" = "nowhere";
    let resume = () => {};
    const resumed = new Promise<void>((resolve) => {
      resume = resolve;
    });
    const send = async <R>(write: () => Promise<R>): Promise<R> => {
      if (hangs === "before a request") await resumed;
      const answer = await write();
      if (hangs === "before an answer") await resumed;
      return answer;
    };
    const client: Client = {
      get: (...args) => model.get(...args),
      list: (...args) => model.list(...args),
      watch: (...args) => model.watch(...args),
      create: (...args) => send(() => model.create(...args)),
      update: (...args) => send(() => model.update(...args)),
      updateStatus: (...args) => send(() => model.updateStatus(...args)),
      updateSubresource: (...args) => send(() => model.updateSubresource(...args)),
      patch: (...args) => send(() => model.patch(...args)),
      delete: (...args) => send(() => model.delete(...args)),
      deleteCollection: (...args) => send(() => model.deleteCollection(...args)),
      createSubresource: (...args) => send(() => model.createSubresource(...args)),
      close: () => Promise.resolve(),
    };
    let fence: Fence | undefined;
    const scheduler = new Scheduler({
      client: fencedClient(client, () => fence),
      clock,
      logger: silentLogger,
      metrics: new Metrics(),
      profiles: [{ schedulerName: "default-scheduler", changes: new Map() }],
      events: () => ({ event: () => {} }),
      random: () => 0.5,
    });
    const failures: string[] = [];
    const runnable = schedulerRunnable({
      scheduler,
      elector: new LeaderElector({
        client: {
          ...client,
          // Its calls have a time limit.
          update: (...args) =>
            hangs === "nowhere" ? model.update(...args) : Promise.reject(new Error("no answer")),
        },
        clock,
        logger: silentLogger,
        leaseNamespace: "kube-system",
        leaseName: "kube-scheduler",
        identity,
        random: () => 0,
      }),
      onFence: (next) => {
        fence = next;
      },
      health: new HealthChecks({ clock }),
      onFailure: ({ message }) => failures.push(message),
    });
    return {
      ...runnable,
      failures,
      hang: (where: typeof hangs) => {
        hangs = where;
      },
      resume: () => {
        hangs = "nowhere";
        resume();
      },
    };
  };
  const leader = () => model.peek(leases, "kube-system", "kube-scheduler")?.spec?.holderIdentity;
  const advance = async (ms: number) => {
    await clock.advance(ms);
    for (let i = 0; i < 10; i++) await clock.advance(0);
  };
  const twoReplicas = async () => {
    const [a, b] = [replica("a"), replica("b")];
    await a.start(new AbortController().signal);
    await advance(100);
    await b.start(new AbortController().signal);
    await advance(3_000);
    expect(leader()).toBe("a");
    return {
      a,
      /** The one that hung lost its turn, and says so; nothing of this test runs on. */
      async end() {
        expect(a.failures).toEqual(["leader election lost"]);
        const stopped = Promise.all([a.stop(), b.stop()]);
        await advance(30_000);
        await stopped;
      },
    };
  };

  it("bind nothing for a leader that hung until another took over", async () => {
    const { a, end } = await twoReplicas();
    a.hang("before a request");
    await model.create(nodes, node("n1"));
    await model.create(pods, pod("p"));
    await advance(100);
    // What the one that hung decided is wrong by the time it goes on.
    const found = model.peek(nodes, "", "n1") ?? node("n1");
    await model.update(nodes, { ...found, spec: { unschedulable: true } });
    await advance(20_000);
    expect(leader()).toBe("b");
    a.resume();
    await advance(2_000);
    expect(model.calls.get("create pods/binding")).toBe(1);
    expect(model.peek(pods, "default", "p")?.spec?.nodeName).toBeUndefined();
    await end();
  });

  it("end a preemption that a former leader was in the middle of", async () => {
    const { a, end } = await twoReplicas();
    await model.create(nodes, node("n1"));
    await model.create(pods, pod("victim"));
    await advance(100);
    expect(model.peek(pods, "default", "victim")?.spec?.nodeName).toBe("n1");
    a.hang("before an answer");
    await model.create(pods, pod("greater", 10));
    await advance(100);
    expect(model.calls.get("patch pods/status")).toBeGreaterThan(0);
    await model.delete(pods, "default", "greater", { gracePeriodSeconds: 0 });
    await advance(20_000);
    expect(leader()).toBe("b");
    a.resume();
    await advance(2_000);
    // Of the test's own and of the one that is refused.
    expect(model.calls.get("delete pods")).toBe(2);
    expect(model.peek(pods, "default", "victim")?.metadata.deletionTimestamp).toBeUndefined();
    await end();
  });
});
