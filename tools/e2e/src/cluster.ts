/** A cluster for one test file, brought up and removed by the commands that users type. */
import { existsSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { must, type Outcome, programPath, run } from "./program.ts";

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const setup = join(root, "tools", "setup.mjs");

export interface TestCluster {
  readonly name: string;
  readonly kubeconfig: string;
  /** kubectl against this cluster; fails the test when it fails. */
  kubectl(...args: string[]): Promise<string>;
  /** kubectl whose failure is what the test looks at. */
  tryKubectl(args: readonly string[], input?: string): Promise<Outcome>;
  /** The whole program: `kubets("status")`. */
  kubets(...args: string[]): Promise<Outcome>;
  remove(): Promise<void>;
}

/** Why the tests of this file cannot run here, or undefined when they can. */
export function missingFor(programs: readonly string[], needsRoot: boolean): string | undefined {
  const missing = programs.filter((name) => programPath(name) === undefined);
  if (needsRoot && process.getuid?.() !== 0) missing.push("root");
  return missing.length === 0 ? undefined : `skipped: this machine lacks ${missing.join(", ")}`;
}

export async function bringUp(name: string, ...args: string[]): Promise<TestCluster> {
  const folder = mkdtempSync(join(tmpdir(), "kubets-e2e-"));
  const kubeconfig = join(folder, "config");
  const env = { KUBECONFIG: kubeconfig, KUBETS_SKIP_PACKAGES: "1" };
  const kubets = (...words: string[]) =>
    run(process.execPath, [setup, "kubets", ...words], { env, timeoutMs: 240_000 });
  await must(process.execPath, [setup, "up", "--name", name, ...args], { env, timeoutMs: 240_000 });
  return {
    name,
    kubeconfig,
    kubectl: (...words) => must("kubectl", words, { env }),
    tryKubectl: (words, input) =>
      run("kubectl", words, input === undefined ? { env } : { env, input }),
    kubets,
    async remove() {
      await must(process.execPath, [setup, "down", "--name", name], { env, timeoutMs: 240_000 });
      if (existsSync(folder)) rmSync(folder, { recursive: true });
    },
  };
}

/** Every kubectl on this machine, oldest first: version skew is part of the promise. */
export function kubectlVersions(): { readonly version: string; readonly program: string }[] {
  const kubectl = programPath("kubectl");
  const versions = ["1.27", "1.28", "1.29", "1.30", "1.31", "1.32", "1.33", "1.34", "1.35", "1.36"];
  return versions.flatMap((version) => {
    const beside =
      kubectl === undefined ? "" : join(dirname(realpathSync(kubectl)), `kubectl.${version}`);
    const program = existsSync(beside) ? beside : programPath(`kubectl.${version}`);
    return program === undefined ? [] : [{ version, program }];
  });
}
