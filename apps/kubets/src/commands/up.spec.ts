import { parseClusterConfig } from "@kubets/cluster";
import { describe, expect, it } from "vitest";
import { upOptions } from "./up.ts";

const config = parseClusterConfig(`kind: Cluster
apiVersion: kubets.io/v1alpha1
name: file
runtime: containerd
nodes: [{labels: {zone: a}}, {}]
extraArgs: {apiserver: {v: 2}}
`);

describe("what `up` makes", () => {
  it("is left to the defaults where neither flag nor file says anything", () => {
    const options = upOptions({ wait: 120, extra: {} });
    expect(options).toMatchObject({ name: "kubets", retain: false, waitSeconds: 120 });
    expect(options).not.toHaveProperty("nodes");
    expect(options).not.toHaveProperty("runtime");
  });
  it("is what the file says, and flags win over it", () => {
    expect(upOptions({ wait: 0, extra: {} }, config)).toMatchObject({
      name: "file",
      runtime: "containerd",
      nodes: [{ labels: { zone: "a" } }, {}],
    });
    const flags = { name: "flag", runtime: "simulated", nodes: 1, wait: 0 } as const;
    expect(upOptions({ ...flags, extra: { apiserver: ["--v=4"] } }, config)).toMatchObject({
      name: "flag",
      runtime: "simulated",
      nodes: [{ labels: { zone: "a" } }],
      extraArguments: { apiserver: ["--v=2", "--v=4"] },
    });
  });
});
