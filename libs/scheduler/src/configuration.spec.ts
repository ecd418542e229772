import { describe, expect, it } from "vitest";
import { parseConfiguration } from "./configuration.ts";

const HEADER = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n";

describe("the configuration file", () => {
  it("gives the default profile when it names none", () => {
    expect(parseConfiguration(HEADER)).toEqual({
      profiles: [{ schedulerName: "default-scheduler", changes: new Map() }],
    });
  });

  it("reads profiles, plugins, back-offs and the connection", () => {
    const configuration = parseConfiguration(`${HEADER}
percentageOfNodesToScore: 30
podInitialBackoffSeconds: 2
clientConnection: { kubeconfig: /etc/scheduler.conf, qps: 5000, burst: 5000 }
leaderElection:
  leaderElect: false
  leaseDuration: 1m30s
  renewDeadline: 20s
  retryPeriod: 500ms
  resourceLock: leases
  resourceName: batch-scheduler
  resourceNamespace: batch
profiles:
  - schedulerName: batch
    plugins:
      score:
        disabled: [{ name: "*" }]
        enabled: [{ name: NodeResourcesFit, weight: 5 }]
`);
    expect(configuration).toEqual({
      percentageOfNodesToScore: 30,
      backoffInitialMs: 2_000,
      kubeconfig: "/etc/scheduler.conf",
      qps: 5_000,
      burst: 5_000,
      leaderElect: false,
      lease: {
        leaseNamespace: "batch",
        leaseName: "batch-scheduler",
        leaseDurationMs: 90_000,
        renewDeadlineMs: 20_000,
        retryPeriodMs: 500,
      },
      profiles: [
        {
          schedulerName: "batch",
          changes: new Map([
            ["score", { disabled: ["*"], enabled: new Map([["NodeResourcesFit", 5]]) }],
          ]),
        },
      ],
    });
  });

  it("reads how pods without constraints are spread", () => {
    const spread = (args: string) =>
      parseConfiguration(
        `${HEADER}profiles: [{ pluginConfig: [{ name: PodTopologySpread, args: ${args} }] }]\n`,
      ).profiles[0]?.defaultConstraints;
    const constraint = "{ maxSkew: 1, topologyKey: disk, whenUnsatisfiable: DoNotSchedule }";
    expect(spread(`{ defaultingType: List, defaultConstraints: [${constraint}] }`)).toEqual([
      { maxSkew: 1, topologyKey: "disk", whenUnsatisfiable: "DoNotSchedule" },
    ]);
    expect(spread("{ defaultingType: List }")).toEqual([]);
    expect(spread("{ defaultingType: System }")).toBeUndefined();
    expect(() => spread(`{ defaultConstraints: [${constraint}] }`)).toThrow("must be List");
  });

  it.each([
    ["another kind", "apiVersion: v1\nkind: Pod\n", "apiVersion: expected"],
    ["an unknown field", `${HEADER}extenders: []\n`, "configuration.extenders: not supported"],
    [
      "another lock than a Lease",
      `${HEADER}leaderElection: { resourceLock: endpoints }\n`,
      "leaderElection.resourceLock: not leases",
    ],
    [
      "a number where a duration is asked for",
      `${HEADER}leaderElection: { leaseDuration: soon }\n`,
      "leaseDuration: not a duration",
    ],
    [
      "unknown fields of the connection",
      `${HEADER}clientConnection: { proxy: x }\n`,
      "clientConnection.proxy: not supported",
    ],
    [
      "an unknown extension point",
      `${HEADER}profiles: [{ plugins: { later: {} } }]\n`,
      "profiles[0].plugins.later: unknown",
    ],
    [
      "the arguments of other plugins",
      `${HEADER}profiles: [{ pluginConfig: [{ name: NodeAffinity, args: {} }] }]\n`,
      "profiles[0].pluginConfig.NodeAffinity: not supported",
    ],
    [
      "a wrong type",
      `${HEADER}percentageOfNodesToScore: many\n`,
      "percentageOfNodesToScore: not a number",
    ],
  ])("refuses %s", (_what, text, message) => {
    expect(() => parseConfiguration(text)).toThrow(message);
  });
});
