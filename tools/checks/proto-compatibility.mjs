// Holds the protos against what was published: no change may break a client that was made from an earlier state, and
// proto/README.md names every package with its promise. Needs no network. `--publish` moves the published state on.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const HELP = `Usage: node tools/checks/proto-compatibility.mjs [--publish [--break <package>]...] [--proto <folder>]

  --publish          take the protos as they are as the published state; refused while stable packages break
  --break <package>  with --publish: let this stable package break all the same
  --proto <folder>   the protos to look at (default: proto)
`;
const { values } = parseArgs({
  options: {
    publish: { type: "boolean", default: false },
    break: { type: "string", multiple: true, default: [] },
    proto: { type: "string", default: join(root, "proto") },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const folder = resolve(values.proto);
const published = join(folder, "published.binpb.zst");

function buf(...args) {
  const { status, stdout, stderr, error } = spawnSync(
    join(root, "node_modules", ".bin", "buf"),
    args,
    { cwd: root, encoding: "utf8", maxBuffer: 64 << 20 },
  );
  if (error) throw error;
  return { status, stdout, stderr };
}
function fail(lines) {
  process.stderr.write(`${lines.join("\n")}\n`);
  process.exit(1);
}

/** The packages that there are, by the file each lies in. */
function packagesByFile() {
  const { status, stdout, stderr } = buf(
    ...["build", folder, "--exclude-imports", "--exclude-source-info", "-o", "-#format=json"],
  );
  if (status !== 0) fail([`the protos do not compile:\n${stdout}${stderr}`]);
  const image = JSON.parse(stdout);
  return new Map(image.file.map((file) => [file.name, file.package]));
}

/** The promise of each package, from the tables of proto/README.md: a row names a package and its versions. */
function promises() {
  const columns = ["stable", "beta", "alpha"];
  const found = new Map();
  for (const line of readFileSync(join(folder, "README.md"), "utf8").split("\n")) {
    const [, name, ...cells] = /^\| `([a-z0-9_.]+)` \|(.*)\|$/.exec(line)?.[0].split("|") ?? [];
    if (name === undefined) continue;
    const group = name.trim().replaceAll("`", "");
    for (const [index, promise] of columns.entries()) {
      for (const version of cells[index]?.match(/[a-z0-9]+|·/g) ?? []) {
        found.set(version === "·" ? group : `${group}.${version}`, promise);
      }
    }
  }
  return found;
}

/** Every difference that breaks a client of the published state. */
function breaks() {
  const { status, stdout, stderr } = buf(
    ...["breaking", folder, "--against", published, "--error-format", "json"],
  );
  if (status === 0) return [];
  const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
  if (lines.length === 0) fail([`buf failed (${status}): ${stdout}${stderr}`]);
  return lines.map((line) => JSON.parse(line));
}

const packages = packagesByFile();
const promised = promises();
const names = new Set(packages.values());
const problems = [
  ...[...names]
    .filter((name) => !promised.has(name))
    .map((name) => `${name}: proto/README.md does not name it`),
  ...[...promised.keys()]
    .filter((name) => !names.has(name))
    .map((name) => `${name}: proto/README.md names it, but there is no such package`),
];
if (problems.length > 0) fail(problems);

const found = breaks().map((problem) => {
  // Of a file that is gone there is only its name, in the message.
  const path = problem.path ?? /"([^"]+\.proto)"/.exec(problem.message)?.[1] ?? "";
  const file = [...packages.keys()].find((name) => path.endsWith(name));
  const name = packages.get(file) ?? path.replace(/\/[^/]*$/, "").replaceAll("/", ".");
  const line = problem.start_line === undefined ? "" : `:${problem.start_line}`;
  return {
    name,
    promise: promised.get(name) ?? "stable",
    text: `${path}${line}: ${problem.message} (${problem.type})`,
  };
});
const describe = ({ name, promise, text }) =>
  `${text}\n    breaks clients of ${name}, which is ${promise}`;

if (!values.publish) {
  if (found.length > 0) {
    fail([
      ...found.map(describe),
      "\nKeep what was published (add, and mark as deprecated what is old). proto/README.md says when it may be moved on.",
    ]);
  }
  process.stdout.write(`protos: ${names.size} packages, none breaks what was published\n`);
  process.exit(0);
}

const refused = found.filter(
  ({ name, promise }) => promise === "stable" && !values.break.includes(name),
);
if (refused.length > 0)
  fail([...refused.map(describe), "\nnot published; --break <package> lets one break"]);
const { status, stdout, stderr } = buf("build", folder, "--exclude-source-info", "-o", published);
if (status !== 0) fail([`buf failed: ${stdout}${stderr}`]);
process.stdout.write(
  `${[...found.map(describe), `published: ${names.size} packages`].join("\n")}\n`,
);
