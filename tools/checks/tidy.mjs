// Style that a machine can tell: every tracked file is read once.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const TOP_LEVEL = [
  "nx.json",
  "package.json",
  "package-lock.json",
  "tsconfig.base.json",
  "apps",
  "libs",
  "proto",
  "deploy",
  "tools",
  "README.md",
];
const SOURCE_LINES_MAX = 500;
const BANNED_NAMES = /^(utils?|common|helpers?|misc)(\.ts)?$/;
const RULES = [
  [/\b(TODO|FIXME|XXX|HACK)\b/, "an unfinished note: finish it"],
  [/\b(describe|it|test)\.only\(/, "a test that hides the others"],
  [
    /(^|[^.\w])process\.exit\(/,
    "process.exit outside an app's main.ts or the service kit",
    (path) => !/^(apps\/.*\/([^/]+-)?main\.ts|libs\/service\/|tools\/)/.test(path),
  ],
  [
    /\bsetInterval\(/,
    "setInterval: use a Clock",
    (path) =>
      path.startsWith("libs/") && !path.startsWith("libs/service/") && !path.endsWith(".spec.ts"),
  ],
  [
    /\bMath\.random\(/,
    "Math.random: take randomness as an argument",
    (path) =>
      path.startsWith("libs/") && !path.startsWith("libs/service/") && !path.endsWith(".spec.ts"),
  ],
];

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
  maxBuffer: 64 << 20,
})
  .split("\n")
  .filter((file) => file !== "" && existsSync(join(root, file)));
const problems = [];
for (const file of files) {
  const [top = ""] = file.split("/");
  if (!top.startsWith(".") && !TOP_LEVEL.includes(top))
    problems.push(`${file}: nothing else belongs at the top level`);
  // The protos keep upstream's package names.
  if (!file.startsWith("proto/") && file.split("/").some((part) => BANNED_NAMES.test(part)))
    problems.push(`${file}: name it after what it does`);
  if (!/\.(ts|mts|mjs)$/.test(file)) continue;
  const lines = readFileSync(join(root, file), "utf8").split("\n");
  const isData = /\/(data|testdata)\//.test(file) || /-data\.ts$/.test(file);
  if (!isData && lines.length > SOURCE_LINES_MAX) {
    problems.push(
      `${file}: ${lines.length} lines; ask what second thing it does (at most ${SOURCE_LINES_MAX})`,
    );
  }
  if (file.startsWith("tools/checks/")) continue;
  for (const [index, line] of lines.entries()) {
    for (const [pattern, what, applies] of RULES) {
      if (pattern.test(line) && (applies?.(file) ?? true))
        problems.push(`${file}:${index + 1}: ${what}`);
    }
  }
}
for (const lib of readdirSync(join(root, "libs"))) {
  if (!existsSync(join(root, "libs", lib, "README.md"))) problems.push(`libs/${lib}: no README.md`);
}
if (problems.length > 0) {
  process.stderr.write(`${problems.join("\n")}\n`);
  process.exit(1);
}
process.stdout.write(`tidy: ${files.length} files\n`);
