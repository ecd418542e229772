// The test command: generation, boundaries, tidiness, lint, types, unit and property tests, then the tests on a real
// cluster. Prints what each step took and ends with one line that counts the tests.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const HELP = `Usage: npm test -- [step ...] [--affected]

Steps, in this order (default: all):
  gen         write the generated code
  boundaries  which library may import which
  tidy        long files, forgotten notes, missing READMEs
  protos      nothing breaks clients of the published protos
  lint        biome over every file
  build       the type check of every package
  bundle      the services as single files
  test        unit and property tests of every package
  e2e         the walk-through on a real cluster (what the machine lacks is said and skipped)
  compose     deploy/compose, where a docker engine runs or can be started (else it is said and skipped)

  --affected  only what differs from main (gen, lint, build, test)
`;
const STEPS = [
  "gen",
  "boundaries",
  "tidy",
  "protos",
  "lint",
  "build",
  "bundle",
  "test",
  "e2e",
  "compose",
];

const args = process.argv.slice(2);
if (args.includes("--help") || args.includes("-h")) {
  process.stdout.write(HELP);
  process.exit(0);
}
const affected = args.includes("--affected");
const chosen = args.filter((arg) => !arg.startsWith("-"));
const unknown = [
  ...chosen.filter((step) => !STEPS.includes(step)),
  ...args.filter((arg) => arg.startsWith("-") && arg !== "--affected"),
];
if (unknown.length > 0) {
  process.stderr.write(`unknown: ${unknown.join(" ")}\n\n${HELP}`);
  process.exit(2);
}

const bin = join(root, "node_modules", ".bin");
const env = {
  ...process.env,
  PATH: `${bin}${delimiter}${process.env.PATH}`,
  NX_DAEMON: "false",
  NX_TUI: "false",
  CHECKPOINT_DISABLE: "1",
};
const run = (command, list) =>
  spawnSync(command, list, { cwd: root, stdio: "inherit", env }).status === 0;
const nx = (target) => {
  const which = affected ? ["affected"] : ["run-many"];
  return run(process.execPath, [
    join(root, "node_modules", "nx", "dist", "bin", "nx.js"),
    ...which,
    "-t",
    target,
    "--outputStyle=stream",
    // Tests start servers of their own: two at a time are as much as two cores carry.
    "--parallel=2",
  ]);
};
const script = (name) => run(process.execPath, [join(root, "tools", "checks", name)]);
const ACTIONS = {
  gen: () => nx("gen"),
  boundaries: () => script("module-boundaries.mjs"),
  tidy: () => script("tidy.mjs"),
  protos: () => script("proto-compatibility.mjs"),
  lint: () => run(join(bin, "biome"), ["ci", "--max-diagnostics=50", "."]),
  build: () => nx("build"),
  bundle: () => nx("bundle"),
  test: () => nx("test"),
  e2e: () => nx("e2e"),
  compose: () => nx("e2e-compose"),
};

const results = (name) =>
  ["apps", "libs", "tools"].flatMap((folder) =>
    readdirSync(join(root, folder))
      .map((entry) => join(root, folder, entry, "dist", name))
      .filter((file) => existsSync(file)),
  );
const E2E_RESULTS = ["e2e-results.json", "e2e-compose-results.json"];
for (const file of E2E_RESULTS.flatMap(results)) rmSync(file);

const failedSteps = [];
for (const step of STEPS.filter((name) => chosen.length === 0 || chosen.includes(name))) {
  const started = performance.now();
  process.stdout.write(`\n── ${step} ──\n`);
  const ok = ACTIONS[step]();
  process.stdout.write(
    `── ${step}: ${ok ? "ok" : "FAILED"} in ${((performance.now() - started) / 1000).toFixed(1)} s\n`,
  );
  if (!ok) failedSteps.push(step);
  // Without generated code, or with a bundle that does not build, everything behind it fails for the wrong reason.
  if (!ok && ["gen", "bundle"].includes(step)) break;
}

const sum = { passed: 0, failed: 0, skipped: 0 };
for (const file of ["test-results.json", ...E2E_RESULTS].flatMap(results)) {
  const report = JSON.parse(readFileSync(file, "utf8"));
  sum.passed += report.numPassedTests;
  sum.failed += report.numFailedTests + (report.numRuntimeErrorTestSuites ?? 0);
  sum.skipped += report.numPendingTests;
}
if (failedSteps.length > 0) process.stdout.write(`\nfailed steps: ${failedSteps.join(", ")}\n`);
process.stdout.write(`\n${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped\n`);
process.exit(failedSteps.length === 0 && sum.failed === 0 ? 0 : 1);
