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

/** The best of the turns, which other work has disturbed least, and what it is of one apiserver's. */
export function printAll(results: ReadonlyMap<number, readonly Measured[]>): void {
  for (const [count, all] of [...results].sort(([a], [b]) => a - b)) {
    for (const what of new Set(all.map((one) => one.what))) {
      const of = (apiservers: number) =>
        (results.get(apiservers) ?? []).filter((one) => one.what === what);
      const figure = (best: (turns: readonly Measured[]) => number, digits: number) => {
        const [value, base] = [best(of(count)), of(1).length === 0 ? undefined : best(of(1))];
        const ratio = base === undefined ? "" : ` (${((value / base) * 100).toFixed(0)} %)`;
        return `${value.toFixed(digits).padStart(7)}${ratio}`;
      };
      const least = (pick: (one: Measured) => number | undefined) => (turns: readonly Measured[]) =>
        Math.min(...turns.flatMap((one) => pick(one) ?? []));
      const most = (turns: readonly Measured[]) =>
        Math.max(...turns.map(({ perSecond }) => perSecond));
      const hasLatency = of(count).some(({ latencyMs }) => latencyMs !== undefined);
      const latency = hasLatency
        ? `  p50 ${figure(
            least(({ latencyMs }) => latencyMs?.p50),
            1,
          )} ms  p99 ${figure(
            least(({ latencyMs }) => latencyMs?.p99),
            1,
          )} ms`
        : "";
      const [servers, clients] = [
        figure(least(serversUs), 1),
        least(({ cpuUs }) => cpuUs[CLIENTS])(of(count)),
      ];
      console.log(
        `R1 ${apiservers(count)}  ${what.padEnd(28)} ${figure(most, 0)}/s${latency}  servers ${servers} µs each  clients ${clients.toFixed(1)} µs`,
      );
    }
  }
}
