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

test("work that counts in its message is told once in a while, other work at once", () => {
  const terminal = recordedTerminal("");
  const line = createProgressLine(terminal);
  for (let epoch = 1; epoch <= 20; epoch++) {
    const message = `train RMSE ${(1 / epoch).toFixed(4)} (${epoch} of 20 epochs)`;
    line.show({ done: epoch, total: 100, unit: "percent", message });
  }
  line.show({ done: 80, total: 100, unit: "percent", message: "Evaluating (1 of 9 users)" });
  expect(terminal.errors()).toBe("… train RMSE 1.0000 (1 of 20 epochs) 1%\n… Evaluating (1 of 9 users) 80%\n");
});
