/** Prometheus of the profile `watched`, as its API shows it. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Target {
  readonly labels: Readonly<Record<string, string>>;
  readonly health: string;
  readonly lastError: string;
}
export interface Rule {
  readonly name: string;
  readonly type: "recording" | "alerting";
  readonly query: string;
  readonly health: string;
  readonly state?: string;
  readonly lastError?: string;
}

/** A copy of the monitoring folder with a faster clock: it looks every 2 s, and alerts wait 5 s instead of minutes. */
export function quickenedMonitoring(folder: string, into: string): string {
  cpSync(folder, into, { recursive: true });
  const change = (name: string, edit: (text: string) => string) => {
    writeFileSync(join(into, name), edit(readFileSync(join(into, name), "utf8")));
  };
  change("prometheus.yml", (text) =>
    text.replaceAll(/(scrape|evaluation|refresh)_interval: \d+s/g, "$1_interval: 2s"),
  );
  change("rules.yml", (text) => text.replaceAll(/for: \d+m/g, "for: 5s"));
  return into;
}

export class Prometheus {
  readonly #url: string;
  constructor(url: string) {
    this.#url = url;
  }

  async targets(): Promise<Target[]> {
    const { activeTargets } = await this.#get<{ activeTargets: Target[] }>("targets?state=active");
    return activeTargets;
  }

  async rules(): Promise<Rule[]> {
    const { groups } = await this.#get<{ groups: { rules: Rule[] }[] }>("rules");
    return groups.flatMap(({ rules }) => rules);
  }

  /** How many series an expression has now. */
  async seriesOf(expression: string): Promise<number> {
    const { result } = await this.#get<{ result: unknown[] }>(
      `query?query=${encodeURIComponent(expression)}`,
    );
    return result.length;
  }

  /** Names of all metrics that its targets declare, with or without a series. */
  async metricNames(): Promise<ReadonlySet<string>> {
    const families =
      await this.#get<Record<string, readonly { readonly type: string }[]>>("metadata");
    const histograms = Object.keys(families).filter((name) =>
      families[name]?.some(({ type }) => type === "histogram"),
    );
    const parts = ["_bucket", "_sum", "_count"];
    return new Set([
      ...Object.keys(families),
      ...histograms.flatMap((name) => parts.map((part) => `${name}${part}`)),
    ]);
  }

  async #get<T>(path: string): Promise<T> {
    const response = await fetch(`${this.#url}/api/v1/${path}`, {
      signal: AbortSignal.timeout(10_000),
    });
    const body = (await response.json()) as { status: string; data: T; error?: string };
    if (body.status !== "success") throw new Error(`${path}: ${body.error}`);
    return body.data;
  }
}

const QUOTED = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g;
const BRACKETED = /\{[^}]*\}|\[[^\]]*\]/g;
/** Lists of labels, and the words before them. */
const LABELS = /\b(?:by|without|on|ignoring|group_left|group_right)\s*(?:\([^)]*\))?/g;
/** No function's name: those are called. */
const NAME = /(?<![\w:.])[a-zA-Z_:][\w:]*(?![\w:]|\s*\()/g;
const WORDS = new Set(["and", "or", "unless", "bool", "offset"]);

/** The metrics that an expression of Prometheus asks for. */
export function metricsIn(expression: string): string[] {
  const bare = [QUOTED, BRACKETED, LABELS].reduce(
    (text, pattern) => text.replaceAll(pattern, " "),
    expression,
  );
  return (bare.match(NAME) ?? []).filter((name) => !WORDS.has(name));
}

export interface Panel {
  readonly title: string;
  readonly expressions: readonly string[];
}

/** The panels of every dashboard; throws where a file is not what Grafana takes. */
export function dashboardPanels(folder: string): Panel[] {
  return readdirSync(folder).flatMap((file) => {
    const dashboard: unknown = JSON.parse(readFileSync(join(folder, file), "utf8"));
    checkDashboard(file, dashboard);
    return dashboard.panels.map(({ title, targets }) => ({
      title: `${file}: ${title}`,
      expressions: targets.map(({ expr }) => expr),
    }));
  });
}

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

/** What Grafana's schema requires of a dashboard and of its panels. */
function checkDashboard(file: string, value: unknown): asserts value is Dashboard {
  const expect = (holds: boolean, what: string) => {
    if (!holds) throw new Error(`${file}: ${what}`);
  };
  const record = (entry: unknown): Record<string, unknown> =>
    typeof entry === "object" && entry !== null ? { ...entry } : {};
  const { uid, title, schemaVersion, panels } = record(value);
  expect(
    typeof uid === "string" && /^[\w-]{1,40}$/.test(uid),
    "uid is no identifier of at most 40",
  );
  expect(typeof title === "string" && title !== "", "it has no title");
  expect(typeof schemaVersion === "number" && schemaVersion >= 36, "schemaVersion is too old");
  if (!Array.isArray(panels)) throw new Error(`${file}: panels is no list`);
  const ids = new Set<unknown>();
  const taken = new Map<string, string>();
  for (const panel of panels.map(record)) {
    const name = String(panel.title);
    expect(typeof panel.type === "string" && panel.type !== "", `${name}: no type`);
    expect(typeof panel.title === "string" && panel.title !== "", "a panel has no title");
    expect(typeof panel.id === "number" && !ids.has(panel.id), `${name}: no id of its own`);
    ids.add(panel.id);
    expect(record(panel.datasource).type === "prometheus", `${name}: not Prometheus`);
    const { x, y, w, h } = record(panel.gridPos);
    if (![x, y, w, h].every(Number.isInteger)) throw new Error(`${file}: ${name}: no place`);
    expect(Number(x) >= 0 && Number(x) + Number(w) <= 24, `${name}: outside of the 24 columns`);
    for (let column = Number(x); column < Number(x) + Number(w); column++) {
      for (let row = Number(y); row < Number(y) + Number(h); row++) {
        const cell = `${column},${row}`;
        expect(!taken.has(cell), `${name} lies over ${taken.get(cell)}`);
        taken.set(cell, name);
      }
    }
    const { targets } = panel;
    expect(Array.isArray(targets) && targets.length > 0, `${name}: no queries`);
    if (!Array.isArray(targets)) continue;
    const references = targets.map((target) => record(target).refId);
    expect(new Set(references).size === targets.length, `${name}: two queries with one refId`);
    for (const { expr } of targets.map(record)) {
      expect(typeof expr === "string" && expr !== "", `${name}: an empty query`);
    }
  }
}
