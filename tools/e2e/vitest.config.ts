import { defineConfig } from "vitest/config";

// One file after the other: each brings up a cluster of its own on two cores.
export default defineConfig({
  test: {
    include: ["src/**/*.e2e.ts"],
    // Builds images and needs a docker engine: a target of its own, e2e-compose.
    exclude: ["src/compose.e2e.ts"],
    testTimeout: 180_000,
    hookTimeout: 300_000,
    fileParallelism: false,
    // Within a file, of the tests that say they may: most of their time is waiting for the cluster.
    maxConcurrency: 8,
    pool: "forks",
    reporters: ["verbose", ["json", { outputFile: "dist/e2e-results.json" }]],
  },
});
