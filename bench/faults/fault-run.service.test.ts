import { expect, test } from "vitest";
import { faultRun } from "./fault-run.ts";

/** The same as `node bench/faults.ts`, short: a fault of each service, of the wires, of a server and of its disk. */
test("two servers under load keep every promise through faults", async () => {
  const only = [
    "Redis half open",
    "Postgres killed",
    "server killed with feedback on its disk",
    "corrupt artefact published",
    "clock an hour behind",
    "scoring thread ended",
  ];
  const { ledger, tally, played, answers } = await faultRun({
    ...{ faults: only.length, only, seed: 7, minutes: 5, perSecond: 30, lasts: [1.5, 2], patience: 6 },
    say: () => undefined,
  });
  expect(ledger.violations).toEqual([]);
  expect([...played.keys()].toSorted()).toEqual(only.toSorted());
  // There was something to be judged.
  expect(answers).toBeGreaterThan(100);
  expect(ledger.sent.size).toBeGreaterThan(30);
  expect(tally.total("recommendations").failed).toBe(0);
});
