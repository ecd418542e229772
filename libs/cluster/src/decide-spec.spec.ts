import { describe, expect, it } from "vitest";
import { type ClusterSpec, networkAt, noExtraArguments } from "./cluster-spec.ts";
import { keptSettings } from "./decide-spec.ts";
import type { UpOptions } from "./up.ts";

const mirror = { host: "docker.io", url: "http://host.kubets.internal:5000" };
const known: ClusterSpec = {
  name: "dev",
  runtime: "simulated",
  index: 0,
  network: networkAt(0, "simulated"),
  nodes: [],
  apiserverPort: 6443,
  grpcPort: 6446,
  natsPort: 4222,
  registryMirrors: [mirror],
  extraArguments: { ...noExtraArguments, apiserver: ["--max-requests-inflight=800"] },
};
const plain: UpOptions = {
  name: "dev",
  waitSeconds: 0,
  registryMirrors: [],
  extraArguments: noExtraArguments,
  retain: false,
};

describe("what a cluster that exists keeps", () => {
  it.each<[string, Partial<UpOptions>]>([
    ["nothing is wished", {}],
    ["the same is wished", { registryMirrors: [mirror], extraArguments: known.extraArguments }],
    [
      "the same network is wished",
      { networking: { apiServerPort: 6443, podSubnet: "10.244.0.0/16" } },
    ],
  ])("is not spoken of where %s", (_, options) => {
    expect(keptSettings(known, { ...plain, ...options })).toEqual([]);
  });
  it.each<[string, Partial<UpOptions>]>([
    ["its database", { databaseUrl: "postgres://db.example/kubets" }],
    ["its registry mirrors", { registryMirrors: [{ ...mirror, host: "ghcr.io" }] }],
    ["its networks", { networking: { apiServerPort: 7443 } }],
    ["its networks", { networking: { serviceSubnet: "10.61.0.0/16" } }],
    ["the flags of its dns", { extraArguments: { ...noExtraArguments, dns: ["--v=4"] } }],
    [
      "its database, the flags of its apiserver",
      {
        databaseUrl: "postgres://db.example/kubets",
        extraArguments: { ...noExtraArguments, apiserver: ["--v=4"] },
      },
    ],
  ])("is said where another is wished: %s", (what, options) => {
    expect(keptSettings(known, { ...plain, ...options })).toEqual([
      `Cluster "dev" keeps ${what} as they were made; \`down\` and \`up\` make another.`,
    ]);
  });
});
