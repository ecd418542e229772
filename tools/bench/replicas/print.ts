import { median } from "../store/bench-postgres.ts";
import type { Measured } from "./measured.ts";
import { CLIENTS } from "./processor-time.ts";

const apiservers = (count: number) => `${count} apiserver${count > 1 ? "s" : " "}`;
const serversUs = ({ cpuUs }: Measured) =>
  Object.entries(cpuUs).reduce((sum, [name, us]) => (name === CLIENTS ? sum : sum + us), 0);

/** Each process of one turn, while the turns go on. */
export function printOne(count: number, measured: Measured): void {
  const { what, perSecond, latencyMs, cpuUs, cores } = measured;
  const times = Object.entries(cpuUs).map(([name, us]) => `${name} ${us.toFixed(1)}`);
  const latency =
    latencyMs === undefined
      ? ""
      : `, p50 ${latencyMs.p50.toFixed(1)} ms, p99 ${latencyMs.p99.toFixed(1)} ms`;
  console.error(
    `${apiservers(count)}: ${what} ${perSecond.toFixed(0)}/s${latency}; µs of processor time each: ${times.join(", ")}; ${cores.toFixed(2)} cores busy`,
  );
}

/** Medians of the turns, and what they are of one apiserver's. */
export function printAll(results: ReadonlyMap<number, readonly Measured[]>): void {
  for (const [count, all] of [...results].sort(([a], [b]) => a - b)) {
    for (const what of new Set(all.map((one) => one.what))) {
      const middle = (of: number, pick: (one: Measured) => number | undefined) =>
        median(
          (results.get(of) ?? [])
            .filter((one) => one.what === what)
            .flatMap((one) => pick(one) ?? []),
        );
      const figure = (pick: (one: Measured) => number | undefined, digits: number) => {
        const [value, base] = [middle(count, pick), middle(1, pick)];
        const share = Number.isNaN(base) ? "" : ` (${((value / base) * 100).toFixed(0)} %)`;
        return `${value.toFixed(digits).padStart(7)}${share}`;
      };
      const hasLatency = all.some((one) => one.what === what && one.latencyMs !== undefined);
      const latency = hasLatency
        ? `  p50 ${figure(({ latencyMs }) => latencyMs?.p50, 1)} ms  p99 ${figure(({ latencyMs }) => latencyMs?.p99, 1)} ms`
        : "";
      console.log(
        `R1 ${apiservers(count)}  ${what.padEnd(28)} ${figure(({ perSecond }) => perSecond, 0)}/s${latency}  servers ${figure(serversUs, 1)} µs each  clients ${middle(count, ({ cpuUs }) => cpuUs[CLIENTS]).toFixed(1)} µs`,
      );
    }
  }
}
