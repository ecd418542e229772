// Which library may import which: by the two dimensions of the nx tags, kind and plane. Declared dependencies are the
// graph (biome refuses an import that is not declared), so reading package.json files is enough.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A library of this kind may depend on libraries of these kinds. */
const KINDS = {
  gen: ["gen"],
  pure: ["gen", "pure"],
  port: ["gen", "pure", "port"],
  adapter: ["gen", "pure", "port", "kit"],
  kit: ["gen", "pure", "port", "adapter", "kit"],
  app: ["gen", "pure", "port", "adapter", "kit"],
  test: ["gen", "pure", "port", "adapter", "kit", "app", "test"],
};
/** A library of this plane may depend on libraries of these planes. */
const PLANES = {
  shared: ["shared"],
  server: ["shared", "server"],
  control: ["shared", "control"],
  sched: ["shared", "sched"],
  node: ["shared", "node"],
  net: ["shared", "net"],
  // The program that brings the others up knows them all.
  ui: ["shared", "server", "node", "ui"],
};

/** Adapters a kit may name: everything else takes the port. */
const KIT_ADAPTERS = new Set(["@kubets/cri", "@kubets/storage-postgres"]);

const packages = new Map();
for (const folder of ["apps", "libs", "tools"]) {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    let manifest;
    try {
      manifest = JSON.parse(readFileSync(join(root, folder, entry.name, "package.json"), "utf8"));
    } catch (error) {
      if (error.code === "ENOENT") continue;
      throw error;
    }
    const tags = manifest.nx?.tags ?? [];
    const tag = (name) => tags.find((text) => text.startsWith(`${name}:`))?.slice(name.length + 1);
    packages.set(manifest.name, {
      manifest,
      kind: tag("kind"),
      plane: tag("plane"),
      path: `${folder}/${entry.name}`,
    });
  }
}

const problems = [];
for (const [name, { manifest, kind, plane, path }] of packages) {
  if (!KINDS[kind]) problems.push(`${path}: no kind: tag, or one that does not exist`);
  if (!PLANES[plane]) problems.push(`${path}: no plane: tag, or one that does not exist`);
  if (!KINDS[kind] || !PLANES[plane] || kind === "test") continue;
  for (const dependency of Object.keys(manifest.dependencies ?? {})) {
    const target = packages.get(dependency);
    if (!target) continue;
    if (!KINDS[kind].includes(target.kind)) {
      problems.push(
        `${name} (kind:${kind}) must not depend on ${dependency} (kind:${target.kind})`,
      );
    }
    if (!PLANES[plane].includes(target.plane)) {
      problems.push(
        `${name} (plane:${plane}) must not depend on ${dependency} (plane:${target.plane})`,
      );
    }
    if (kind === "kit" && target.kind === "adapter" && !KIT_ADAPTERS.has(dependency)) {
      problems.push(`${name} (kind:kit) names the adapter ${dependency}; take its port instead`);
    }
  }
}

// A pure library gets time, randomness and the world as arguments.
const IMPURE = [
  [/\bDate\.now\(|\bnew Date\(\)/, "the clock: take it as an argument"],
  [/\bMath\.random\(/, "randomness: take it as an argument"],
  [/\b(setTimeout|setInterval|setImmediate)\(/, "a timer: take a Clock"],
  [/\bprocess\.(env|argv|cwd)\b/, "the environment: take it as an argument"],
  [
    /from "node:(fs|net|http|https|http2|tls|dgram|child_process|os|worker_threads)/,
    "the outside world",
  ],
];
const sources = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ["gen", "testdata"].includes(entry.name) ? [] : sources(path);
    return entry.name.endsWith(".ts") && !entry.name.endsWith(".spec.ts") ? [path] : [];
  });
for (const [, { kind, path }] of packages) {
  if (kind !== "pure") continue;
  for (const file of sources(join(root, path, "src"))) {
    for (const [index, line] of readFileSync(file, "utf8").split("\n").entries()) {
      for (const [pattern, why] of IMPURE) {
        if (pattern.test(line) && !/^\s*(\/\/|\*)/.test(line)) {
          problems.push(
            `${file.slice(root.length + 1)}:${index + 1}: a pure library must not touch ${why}`,
          );
        }
      }
    }
  }
}

if (problems.length > 0) {
  process.stderr.write(`${problems.join("\n")}\n`);
  process.exit(1);
}
process.stdout.write(`module boundaries: ${packages.size} packages keep them\n`);
