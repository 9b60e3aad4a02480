import { expect, test } from "vitest";
import { createProgressLine } from "./progress-line.ts";
import { recordedTerminal } from "./terminal.fixture.ts";

test("a share is told with what it is a share of, and a percentage alone", () => {
  const terminal = recordedTerminal("");
  const line = createProgressLine(terminal);
  line.show({ done: 512, total: 2048, unit: "bytes", message: "Reading the ratings" });
  line.show({ done: 80.4, total: 100, unit: "percent", message: "Evaluating" });
  line.show({ done: 0, total: null, unit: "steps", message: "Switching" });
  expect(terminal.errors()).toBe("… Reading the ratings 25% of 2,048 bytes\n… Evaluating 80%\n… Switching\n");
});
