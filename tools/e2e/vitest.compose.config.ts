import { defineConfig } from "vitest/config";

// The containers of deploy/compose: builds images the first time and starts a docker engine where none runs.
export default defineConfig({
  test: {
    include: ["src/compose.e2e.ts"],
    testTimeout: 180_000,
    hookTimeout: 900_000,
    pool: "forks",
    reporters: ["verbose", ["json", { outputFile: "dist/e2e-compose-results.json" }]],
  },
});
