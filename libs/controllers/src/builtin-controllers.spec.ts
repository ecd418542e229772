import { builtinResources } from "@kubets/api";
import { type Client, WorkQueue } from "@kubets/client";
import { createMemoryClient } from "@kubets/client/testing";
import { FakeClock, silentLogger } from "@kubets/service";
import { describe, expect, it } from "vitest";
import { builtinControllers } from "./builtin-controllers.ts";
import { SharedInformers } from "./manager/shared-informers.ts";

describe("the built-in controllers", () => {
  it("tell their events under upstream's names and write them with their own accounts", () => {
    const clock = new FakeClock();
    const model = createMemoryClient({ clock });
    const informers = new SharedInformers({
      client: model,
      clock,
      logger: silentLogger,
      random: () => 0,
    });
    const accounts = new Map<Client, string>();
    const tellers: string[] = [];
    for (const { name, build } of builtinControllers({
      resources: () => builtinResources,
      rootCa: "PEM",
      nodeIpam: { clusterCidr: "10.0.0.0/16", nodeMaskBits: 24 },
      nodeMonitorGraceMs: 5_000,
      nodeStartupGraceMs: 5_000,
    })) {
      build({
        informer: (type) => informers.of(type),
        reader: model,
        client(account) {
          const client = Object.create(model);
          accounts.set(client, account);
          return client;
        },
        recorder(component, client) {
          tellers.push(`${name}: ${component} by ${accounts.get(client)}`);
          return { event: () => {} };
        },
        queue: () => new WorkQueue<string>({ clock }),
        workers: (_, standard) => standard,
        clock,
        logger: silentLogger,
        random: () => 0,
      });
    }
    expect(tellers.sort()).toEqual([
      "cronjob-controller: cronjob-controller by cronjob-controller",
      "daemonset-controller: daemonset-controller by daemon-set-controller",
      "deployment-controller: deployment-controller by deployment-controller",
      "disruption-controller: controllermanager by disruption-controller",
      "endpoints-controller: endpoint-controller by endpoint-controller",
      "endpointslice-controller: endpoint-slice-controller by endpointslice-controller",
      "endpointslice-mirroring-controller: endpoint-slice-mirroring-controller by endpointslicemirroring-controller",
      "garbage-collector-controller: garbage-collector-controller by generic-garbage-collector",
      "job-controller: job-controller by job-controller",
      "node-ipam-controller: cidrAllocator by node-controller",
      "node-lifecycle-controller: node-controller by node-controller",
      "replicaset-controller: replicaset-controller by replicaset-controller",
      "replicationcontroller-controller: replication-controller by replication-controller",
      "statefulset-controller: statefulset-controller by statefulset-controller",
      "taint-eviction-controller: taint-eviction-controller by node-controller",
    ]);
  });
});
