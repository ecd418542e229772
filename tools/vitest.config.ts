import { defineConfig } from "vitest/config";

// One configuration for every project; a project runs it with its own folder as root.
export default defineConfig({
  test: {
    include: ["src/**/*.spec.ts"],
    // Property tests and real servers need more than the default on a busy two-core machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    passWithNoTests: false,
    pool: "forks",
    maxWorkers: 2,
    reporters: ["default", ["json", { outputFile: "dist/test-results.json" }]],
  },
});
