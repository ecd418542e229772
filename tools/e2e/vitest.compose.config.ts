import { defineConfig } from "vitest/config";

// The containers of deploy/compose: builds images the first time, so it is no part of the default run.
export default defineConfig({
  test: {
    include: ["src/compose.e2e.ts"],
    testTimeout: 180_000,
    hookTimeout: 900_000,
    pool: "forks",
    reporters: ["verbose"],
  },
});
