import { defineConfig } from "vitest/config";
import { SummaryLineReporter } from "./scripts/test/summary-line.ts";

/** Where tests start threads of their own. */
const setupFiles = ["scripts/test/keep-type-stripper.ts"];
const ignored = ["**/node_modules/**", "dist/**", "release/**", ".cache/**"];

export default defineConfig({
  test: {
    reporters: ["default", new SummaryLineReporter()],
    // Two is what small machines have; more only makes the tests that start processes of their own fight for them.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: "unit",
          include: ["{app/main,core,server,cli,scripts,bench,e2e}/**/*.test.ts"],
          exclude: [...ignored, "**/*.service.test.ts", "**/*.journey.test.ts"],
          setupFiles,
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "renderer",
          include: ["app/renderer/**/*.test.{ts,tsx}"],
          exclude: ignored,
          environment: "jsdom",
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Real Postgres and real Redis.
        test: {
          name: "services",
          include: ["**/*.service.test.ts"],
          exclude: ignored,
          globalSetup: ["e2e/services/global-setup.ts"],
          setupFiles,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // The built workbench in a real Chromium and a real Electron.
        test: {
          name: "journeys",
          include: ["e2e/*.journey.test.ts"],
          exclude: ignored,
          testTimeout: 600_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
