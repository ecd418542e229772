// Bundles the app in the current folder: src/main.ts and everything it imports become dist/main.js, which starts
// several times faster than the sources. An app may have further programs: src/NAME-main.ts.
import { globSync } from "node:fs";
import { build } from "esbuild";

await build({
  entryPoints: ["src/main.ts", ...globSync("src/*-main.ts")],
  outdir: "dist",
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  sourcemap: "linked",
  sourcesContent: false,
  keepNames: true,
  legalComments: "none",
  logLevel: "warning",
  loader: { ".sql": "text" },
  // pg asks for its native variant only when it is told to.
  external: ["pg-native"],
  banner: {
    // CommonJS dependencies inside an ES module bundle still call these.
    js: [
      'import { createRequire as __createRequire } from "node:module";',
      'import { fileURLToPath as __fileURLToPath } from "node:url";',
      'import { dirname as __pathDirname } from "node:path";',
      "const require = __createRequire(import.meta.url);",
      "const __filename = __fileURLToPath(import.meta.url);",
      "const __dirname = __pathDirname(__filename);",
    ].join("\n"),
  },
});
