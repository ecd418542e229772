import { ascending, inParallel, percentile, type Workload } from "./workload.ts";

const NAMESPACE = "bench-a2";
const LEASES = 1_000;
const WIDTH = 64;

/** A2: a closed loop of lease renewals, each a PUT with the resourceVersion of the one before. */
export const leaseFlood: Workload = {
  id: "A2",
  description: "renewals of 1,000 leases, 64 under way",
  async run({ api, short, say }) {
    await api.request(
      "POST",
      "/api/v1/namespaces",
      JSON.stringify({ metadata: { name: NAMESPACE } }),
    );
    const path = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases`;
    const run = Date.now().toString(36);
    const body = (index: number, resourceVersion?: string) =>
      JSON.stringify({
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: {
          name: `l-${run}-${index}`,
          ...(resourceVersion === undefined ? {} : { resourceVersion }),
        },
        spec: {
          holderIdentity: `node-${index}`,
          leaseDurationSeconds: 40,
          renewTime: new Date().toISOString().replace("Z", "000Z"),
        },
      });
    const versionOf = (text: string) =>
      (JSON.parse(text) as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
    const versions = new Array<string>(LEASES);
    say(`A2: making ${LEASES} leases`);
    await inParallel(LEASES, WIDTH, async (index) => {
      versions[index] = versionOf(await api.must("POST", path, body(index)));
    });
    const rounds = short ? 5 : 20;
    say(`A2: ${rounds} renewals of each`);
    const began = performance.now();
    const took = ascending(
      await inParallel(LEASES * rounds, WIDTH, async (number) => {
        const index = number % LEASES;
        versions[index] = versionOf(
          await api.must("PUT", `${path}/l-${run}-${index}`, body(index, versions[index])),
        );
      }),
    );
    const seconds = (performance.now() - began) / 1000;
    await api.must("DELETE", path);
    return [
      { what: "renewals", value: took.length / seconds, unit: "PUT/s" },
      { what: "p99", value: percentile(took, 0.99), unit: "ms" },
    ];
  },
};
