#!/usr/bin/env node
// The first thing that runs after `git clone`: it needs Node 20.19 and npm, nothing else. It brings in what is missing
// (npm packages, Debian packages, generated code, bundles), says so, and then hands over to the command asked for.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const HELP = `Usage: npm run up|down|kubets|test|bench -- [arguments]

  up       bring up a cluster on this machine            (npm run up -- --help)
  down     remove a cluster and everything it made       (npm run down -- --help)
  kubets   the whole command line program                (npm run kubets -- --help)
  test     every check and test of the project           (npm test -- --help)
  bench    the benchmarks                                (npm run bench -- --help)

Each brings in what is missing first: npm packages, Debian packages, generated code, bundles.
Set KUBETS_SKIP_PACKAGES=1 to leave the system's packages alone.
`;

/** What a cluster with real containers needs beside Node, by the file that shows it is there. */
const CLUSTER_PACKAGES = [
  { package: "containerd", anyOf: ["containerd"] },
  { package: "runc", anyOf: ["runc"] },
  { package: "containernetworking-plugins", anyOf: ["/usr/lib/cni/bridge", "/opt/cni/bin/bridge"] },
  { package: "nftables", anyOf: ["nft"] },
  { package: "iptables", anyOf: ["iptables"] },
  { package: "conntrack", anyOf: ["conntrack"] },
  { package: "iproute2", anyOf: ["ip"] },
  { package: "nats-server", anyOf: ["nats-server"] },
];
/** What the tests need on top: a registry of small images made of Debian packages. */
const TEST_PACKAGES = [
  { package: "docker-registry", anyOf: ["docker-registry"] },
  { package: "skopeo", anyOf: ["skopeo"] },
  { package: "busybox-static", anyOf: ["busybox"] },
  { package: "nginx-light", anyOf: ["nginx"] },
  { package: "curl", anyOf: ["curl"] },
];
/** What the test of deploy/compose needs on top; an engine that is there, whoever's it is, is the one that is used. */
const COMPOSE_PACKAGES = [
  { package: "docker.io", anyOf: ["dockerd"] },
  {
    package: "docker-compose",
    anyOf: [
      "docker-compose",
      "/usr/libexec/docker/cli-plugins/docker-compose",
      "/usr/lib/docker/cli-plugins/docker-compose",
      "/usr/local/lib/docker/cli-plugins/docker-compose",
    ],
  },
  { package: "debootstrap", anyOf: ["debootstrap"] },
];
/** What a package would start with the machine. */
const SERVICES = { "docker.io": ["docker.service", "docker.socket"] };
/** What the comparisons of `bench` need on top. */
const BENCH_PACKAGES = [{ package: "etcd-server", anyOf: ["etcd"] }];

const say = (text) => process.stderr.write(`${text}\n`);
const fail = (text) => {
  say(`kubets: ${text}`);
  process.exit(1);
};
const onPath = (name) => {
  const folders = [
    ...(process.env.PATH ?? "").split(delimiter),
    "/usr/sbin",
    "/sbin",
    "/usr/local/sbin",
  ];
  return folders.some((folder) => folder !== "" && existsSync(join(folder, name)));
};
const present = (file) => (file.startsWith("/") ? existsSync(file) : onPath(file));
const run = (command, args, options = {}) =>
  spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2], ...options });

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    fail(`Node ${process.versions.node} is too old: 20.19 or newer is needed.`);
  }
}

function installNpmPackages() {
  const marker = join(root, "node_modules", ".package-lock.json");
  const lock = join(root, "package-lock.json");
  if (existsSync(marker) && statSync(marker).mtimeMs >= statSync(lock).mtimeMs) return;
  say(" • Installing npm packages (about a minute the first time) …");
  // Install scripts stay off: nothing here needs one.
  const result = run("npm", [
    "ci",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  ]);
  if (result.status !== 0) {
    fail("npm ci failed. Is the npm registry reachable? `npm ping` tells; then run this again.");
  }
  writeFileSync(marker, readFileSync(marker));
}

/** Installs what is missing where that is possible; otherwise says what will be different. */
function installSystemPackages(wanted) {
  const missing = wanted.filter(({ anyOf }) => !anyOf.some(present)).map((entry) => entry.package);
  if (missing.length === 0 || process.env.KUBETS_SKIP_PACKAGES === "1") return;
  if (process.platform !== "linux" || !onPath("apt-get") || process.getuid?.() !== 0) {
    const how = process.platform === "linux" ? "needs root and apt-get" : "needs Linux";
    say(` • Not on this machine: ${missing.join(", ")} (installing ${how}); going on without`);
    return;
  }
  say(` • Installing Debian packages: ${missing.join(", ")} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const policy = "/usr/sbin/policy-rc.d";
  const ownPolicy = !existsSync(policy);
  // None of them may start a service: the cluster runs its own, with its own files.
  if (ownPolicy) writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    const quiet = ["-qq", "-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=120"];
    // Nothing that is there may go: docker.io and Docker's own packages exclude each other.
    const options = ["-y", "--no-install-recommends", "--no-remove", ...quiet];
    const install = (packages, stderr) => {
      const stdio = ["ignore", "ignore", stderr];
      return run("apt-get", ["install", ...options, ...packages], { env, stdio }).status === 0;
    };
    // The first time may only say that no list of packages has been fetched yet.
    if (!install(missing, "ignore")) {
      run("apt-get", ["update", ...quiet], { env, stdio: ["ignore", "ignore", 2] });
      const left = install(missing, 2) ? [] : missing.filter((name) => !install([name], "ignore"));
      if (left.length > 0) {
        say(` • Could not install ${left.join(", ")}; what needs it is left out`);
      }
    }
    // Nor may they when the machine starts the next time.
    const services = missing.flatMap((name) => SERVICES[name] ?? []);
    if (services.length > 0 && onPath("systemctl")) {
      run("systemctl", ["disable", "--quiet", ...services], { stdio: "ignore" });
    }
  } finally {
    if (ownPolicy) rmSync(policy, { force: true });
  }
}

/** The Node this project pins; an older one only starts the set-up. */
function pinnedNode() {
  const pinned = join(root, "node_modules", ".bin", "node");
  if (existsSync(pinned)) return pinned;
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  return fail(
    `no pinned Node for ${process.platform}/${process.arch}; run this with Node 24 or newer`,
  );
}

/** Changes whenever a source file does: name, size and time of each. */
function sourcesFingerprint() {
  const hash = createHash("sha256");
  const visit = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      if (
        ["node_modules", "dist", "gen", ".nx"].includes(entry.name) &&
        folder !== join(root, "tools")
      )
        continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile()) {
        const { size, mtimeMs } = statSync(path);
        hash.update(`${path}\0${size}\0${mtimeMs}\n`);
      }
    }
  };
  for (const folder of ["apps", "libs", "proto", "tools"]) visit(join(root, folder));
  hash.update(readFileSync(join(root, "package-lock.json")));
  return hash.digest("hex");
}

function nx(node, args, options = {}) {
  const env = {
    ...process.env,
    PATH: `${join(root, "node_modules", ".bin")}${delimiter}${process.env.PATH}`,
    NX_DAEMON: "false",
    NX_TUI: "false",
    CHECKPOINT_DISABLE: "1",
  };
  return run(node, [join(root, "node_modules", "nx", "dist", "bin", "nx.js"), ...args], {
    env,
    ...options,
  });
}

function buildBundles(node) {
  const stamp = join(root, "node_modules", ".cache", "kubets-bundles");
  const fingerprint = sourcesFingerprint();
  const built = existsSync(stamp) && readFileSync(stamp, "utf8") === fingerprint;
  if (built && existsSync(join(root, "apps", "kubets", "dist", "main.js"))) return;
  say(" • Generating code and bundling the services …");
  const result = nx(node, ["run-many", "-t", "bundle", "--outputStyle=static", "--parallel=2"], {
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  if (result.status !== 0) {
    say(`${result.stdout}\n${result.stderr}`);
    fail("the build failed; the lines above say where");
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, fingerprint);
}

/** Hands over for good: same terminal, same exit code, signals passed on by the terminal itself. */
function become(command, args, env = process.env) {
  const result = spawnSync(command, args, { stdio: "inherit", env });
  process.exit(result.status ?? 1);
}

function main() {
  const [verb, ...rest] = process.argv.slice(2);
  if (!["up", "down", "kubets", "test", "bench"].includes(verb)) {
    process.stdout.write(HELP);
    process.exit(verb === undefined || verb === "--help" || verb === "-h" ? 0 : 2);
  }
  checkNode();
  installNpmPackages();
  const node = pinnedNode();
  const wantsHelp = rest.includes("--help") || rest.includes("-h");
  if (verb === "test") {
    installSystemPackages([...CLUSTER_PACKAGES, ...TEST_PACKAGES, ...COMPOSE_PACKAGES]);
    become(node, [join(root, "tools", "checks", "run-tests.mjs"), ...rest]);
  }
  if (!wantsHelp && verb !== "down") {
    installSystemPackages([
      ...CLUSTER_PACKAGES,
      ...(verb === "bench" ? [...TEST_PACKAGES, ...BENCH_PACKAGES] : []),
    ]);
  }
  buildBundles(node);
  if (verb === "bench") become(node, [join(root, "tools", "bench", "main.ts"), ...rest]);
  const kubets = join(root, "apps", "kubets", "dist", "main.js");
  become(node, [kubets, ...(verb === "kubets" ? rest : [verb, ...rest])]);
}

main();
