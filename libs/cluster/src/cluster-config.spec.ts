import { describe, expect, it } from "vitest";
import { parseClusterConfig } from "./cluster-config.ts";

const head = "kind: Cluster\napiVersion: kubets.io/v1alpha1\n";

describe("a cluster's config file", () => {
  it("may leave out everything but its kind and version", () => {
    expect(parseClusterConfig(head)).toMatchObject({
      networking: {},
      registryMirrors: [],
      extraArguments: { apiserver: [], kubelet: [] },
    });
  });
  it("says what the cluster is made of", () => {
    const config = parseClusterConfig(`${head}
name: dev
runtime: simulated
nodes:
- labels: {zone: a, rank: 1}
- taints: ["dedicated=db:NoSchedule"]
-
networking: {podSubnet: 10.60.0.0/16, serviceSubnet: 10.61.0.0/24, apiServerPort: 7000}
storage: {databaseURL: "postgres://db/kubets"}
registryMirrors: {docker.io: "http://host.kubets.internal:5000"}
extraArgs:
  apiserver: {max-requests-inflight: 800, anonymous-auth: false}
  kubelet: ["--max-pods=7"]
`);
    expect(config).toMatchObject({
      name: "dev",
      runtime: "simulated",
      nodes: [{ labels: { zone: "a", rank: "1" } }, { taints: ["dedicated=db:NoSchedule"] }, {}],
      networking: { podSubnet: "10.60.0.0/16", serviceSubnet: "10.61.0.0/24", apiServerPort: 7000 },
      databaseUrl: "postgres://db/kubets",
      registryMirrors: [{ host: "docker.io", url: "http://host.kubets.internal:5000" }],
      extraArguments: {
        apiserver: ["--max-requests-inflight=800", "--anonymous-auth=false"],
        kubelet: ["--max-pods=7"],
      },
    });
  });
  it("may give numbers of replicas", () => {
    const { replicas } = parseClusterConfig(`${head}replicas: {apiserver: 2, scheduler: 3}`);
    expect(replicas).toEqual({ apiserver: 2, scheduler: 3 });
  });
  it("may give the number of nodes alone", () => {
    expect(parseClusterConfig(`${head}nodes: 3`).nodes).toEqual([{}, {}, {}]);
  });
  it.each([
    ["kind: Pod\napiVersion: v1", /^kind: must be Cluster, not "Pod"/],
    [
      "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4",
      /^apiVersion: must be kubets.io\/.*a file of kind has other fields/,
    ],
    ["- a list", /must be a map/],
    ["a: [", /^not YAML/],
    [`${head}node: 2`, /^node: unknown field; known are/],
    [`${head}nodes: 0`, /^nodes: must be 1 to 100/],
    [`${head}nodes: [{label: {a: b}}]`, /^nodes\[0\]\.label: unknown field/],
    [`${head}nodes: [{labels: {a: [b]}}]`, /^nodes\[0\]\.labels\.a: must be a string/],
    [`${head}replicas: {apiserver: 9}`, /^replicas\.apiserver: must be 1 to 8/],
    [`${head}replicas: {etcd: 3}`, /^replicas\.etcd: unknown field; known are apiserver, /],
    [`${head}nodes: [{taints: [dedicated]}]`, /^nodes\[0\]\.taints\[0\]: must look like/],
    [
      `${head}storage: {databaseURL: db.example}`,
      /^storage\.databaseURL: must look like postgres:/,
    ],
    [`${head}---\n${head}`, /^not YAML: .*single document/],
    ["", /^not YAML: .*empty/],
    [`${head}runtime: docker`, /^runtime: must be containerd or simulated, not "docker"/],
    [`${head}networking: {podSubnet: 10.60.1.0/16}`, /^networking\.podSubnet: must be an IPv4/],
    [`${head}networking: {podSubnet: 10.60.0.0/12}`, /^networking\.podSubnet: .*size \/16/],
    [`${head}networking: {apiServerPort: 80}`, /^networking\.apiServerPort: must be a port/],
    [`${head}registryMirrors: {docker.io: here}`, /^registryMirrors\.docker\.io: must be an http/],
    [`${head}extraArgs: {etcd: {}}`, /^extraArgs\.etcd: unknown field/],
  ])("is refused with the field's name: %j", (text, message) => {
    expect(() => parseClusterConfig(text)).toThrow(message);
  });
});
