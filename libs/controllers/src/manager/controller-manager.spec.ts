import { isStatusError } from "@kubets/api";
import type { ReplicaSet } from "@kubets/api/apps/v1";
import type { TokenRequest } from "@kubets/api/authentication/v1";
import { type Client, leases, pods, replicaSets, type WriteOptions } from "@kubets/client";
import { createMemoryClient, type MemoryClient } from "@kubets/client/testing";
import { FakeClock, HealthChecks, Metrics, silentLogger } from "@kubets/service";
import { beforeEach, describe, expect, it } from "vitest";
import { replicaSetController } from "../replicaset/controller.ts";
import { createControllerManager } from "./controller-manager.ts";

const replicaSet = (replicas: number): ReplicaSet => ({
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: { name: "web", namespace: "default" },
  spec: {
    replicas,
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: { containers: [] } },
  },
});

describe("several controller-managers", () => {
  let clock: FakeClock;
  let model: MemoryClient;
  /** What the server refused, by who had asked. */
  let refused: string[];
  beforeEach(() => {
    clock = new FakeClock();
    model = createMemoryClient({ clock });
    refused = [];
  });

  const manager = (identity: string) => {
    let isCutOff = false;
    let resume = () => {};
    const resumed = new Promise<void>((resolve) => {
      resume = resolve;
    });
    const send = async <R>(options: WriteOptions | undefined, write: () => Promise<R>) => {
      // A request on its way when the process stops for a while.
      if (isCutOff) await resumed;
      try {
        return await write();
      } catch (error) {
        if (options?.fence !== undefined && isStatusError(error, "Conflict")) {
          refused.push(options.fence.holderIdentity);
        }
        throw error;
      }
    };
    const client: Client = {
      ...model,
      get: (...args) => model.get(...args),
      list: (...args) => model.list(...args),
      watch: (...args) => model.watch(...args),
      create: (type, object, options) => send(options, () => model.create(type, object, options)),
      update: (type, object, options) => send(options, () => model.update(type, object, options)),
      updateStatus: (type, object, options) =>
        send(options, () => model.updateStatus(type, object, options)),
      async createSubresource<R>() {
        const answer: TokenRequest = {
          apiVersion: "authentication.k8s.io/v1",
          kind: "TokenRequest",
          metadata: {},
          spec: { audiences: [] },
          status: { token: "t", expirationTimestamp: "2026-01-01T01:00:00Z" },
        };
        // The only one that is asked for here.
        return answer as R;
      },
      close: () => Promise.resolve(),
    };
    const failures: string[] = [];
    const runnable = createControllerManager({
      client,
      makeTokenClient: () => client,
      controllers: [replicaSetController],
      leaderElection: {
        leaseNamespace: "kube-system",
        leaseName: "kube-controller-manager",
        leaseDurationMs: 15_000,
        renewDeadlineMs: 10_000,
        retryPeriodMs: 2_000,
      },
      identity,
      host: identity,
      clock,
      logger: silentLogger,
      metrics: new Metrics(),
      health: new HealthChecks({ clock }),
      random: () => 0,
      onFailure: ({ message }) => failures.push(message),
    });
    return {
      ...runnable,
      failures,
      pause: () => {
        isCutOff = true;
      },
      resume: () => resume(),
    };
  };
  const leader = () =>
    model.peek(leases, "kube-system", "kube-controller-manager")?.spec?.holderIdentity;

  it("make each pod once: what a paused leader had under way is refused", async () => {
    const [a, b] = [manager("a"), manager("b")];
    await a.start(new AbortController().signal);
    await clock.advance(100);
    await b.start(new AbortController().signal);
    await clock.advance(3_000);
    expect(leader()).toBe("a");
    a.pause();
    await model.create(replicaSets, replicaSet(3));
    await clock.advance(20_000);
    expect(leader()).toBe("b");
    expect(model.peekAll(pods)).toHaveLength(3);
    a.resume();
    await clock.advance(5_000);
    expect(refused).toContain("a");
    expect(refused).not.toContain("b");
    expect(model.peekAll(pods)).toHaveLength(3);
    expect(a.failures).toEqual(["the leader lease was lost"]);
    const stopped = Promise.all([a.stop(), b.stop()]);
    await clock.advance(30_000);
    await stopped;
  });

  it("hand over within a second when the leader stops", async () => {
    const [a, b] = [manager("a"), manager("b")];
    await a.start(new AbortController().signal);
    await clock.advance(100);
    await b.start(new AbortController().signal);
    await clock.advance(3_000);
    const stopped = a.stop();
    await clock.advance(1_000);
    await stopped;
    await model.create(replicaSets, replicaSet(2));
    await clock.advance(200);
    expect([leader(), model.peekAll(pods).length]).toEqual(["b", 2]);
    const ended = b.stop();
    await clock.advance(30_000);
    await ended;
  });
});
