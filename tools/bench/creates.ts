import { ascending, type Figure, inParallel, percentile, type Workload } from "./workload.ts";

const NAMESPACE = "bench-a1";
const WIDTHS = [1, 10, 64];

/** A1: ConfigMaps of four bytes, created by 1, 10 and 64 clients. */
export const creates: Workload = {
  id: "A1",
  description: "creates of small ConfigMaps with 1, 10 and 64 clients",
  async run({ api, short, say }) {
    await api.request(
      "POST",
      "/api/v1/namespaces",
      JSON.stringify({ metadata: { name: NAMESPACE } }),
    );
    const figures: Figure[] = [];
    const run = Date.now().toString(36);
    for (const width of WIDTHS) {
      const count = (width === 1 ? 2_000 : 16_000) / (short ? 4 : 1);
      say(`A1: ${count} creates by ${width} clients`);
      const path = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
      const create = async (index: number) => {
        const name = `c-${run}-${width}-${index}`;
        await api.must(
          "POST",
          path,
          `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"${name}"},"data":{"k":"abcd"}}`,
        );
      };
      const began = performance.now();
      const took = ascending(await inParallel(count, width, create));
      const seconds = (performance.now() - began) / 1000;
      figures.push(
        { what: `${width} clients`, value: count / seconds, unit: "creates/s" },
        { what: `${width} clients, p99`, value: percentile(took, 0.99), unit: "ms" },
      );
    }
    say("A1: removing what was made");
    await api.must("DELETE", `/api/v1/namespaces/${NAMESPACE}/configmaps`);
    return figures;
  },
};
