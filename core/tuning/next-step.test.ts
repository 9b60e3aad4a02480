import { expect, test } from "vitest";
import { searchSchedule } from "../contract/searches.ts";
import type { SearchDimension } from "../contract/searches.ts";
import { bestStep, checkSchedule, nextStep } from "./next-step.ts";
import type { SearchPlan, TakenStep } from "./next-step.ts";

const space: SearchDimension[] = [
  { kind: "real", name: "rate", minimum: 1e-4, maximum: 1, logarithmic: true, when: null },
  { kind: "integer", name: "steps", minimum: 1, maximum: 9, logarithmic: false, when: null },
  { kind: "choice", name: "kind", choices: ["a", "b"], when: null },
  { kind: "real", name: "slope", minimum: 0, maximum: 1, logarithmic: false, when: { name: "kind", is: ["b"] } },
];
const lossOf = (step: Pick<TakenStep, "configuration" | "budget">) =>
  (Math.log10(Number(step.configuration["rate"])) + 2) ** 2 +
  Number(step.configuration["steps"]) / 10 +
  (step.configuration["kind"] === "b" ? Number(step.configuration["slope"]) : 0.5) +
  1 / (step.budget?.amount ?? 1e9);

const plan = (changes: Partial<SearchPlan> = {}): SearchPlan => ({
  space,
  sampler: { sampler: "tpe", startup: 5 },
  schedule: { schedule: "full" },
  trials: 20,
  parallel: 1,
  seed: 7,
  ...changes,
});

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("there is none");
  return value;
}

/** Runs a search with `parallel` trainings under way; which ends next is up to `choose`. */
function search(given: SearchPlan, choose: (running: number[]) => number = (running) => running[0] ?? 0): TakenStep[] {
  const steps: TakenStep[] = [];
  const running: number[] = [];
  for (;;) {
    const next = running.length < given.parallel ? nextStep(given, steps) : ({ kind: "wait" } as const);
    if (next.kind === "done" && running.length === 0) return steps;
    if (next.kind === "step") {
      running.push(steps.length);
      steps.push({ ...next.step, loss: null });
      continue;
    }
    if (running.length === 0) throw new Error("it waits for nothing");
    const ended = choose(running);
    running.splice(running.indexOf(ended), 1);
    const step = required(steps[ended]);
    steps[ended] = { ...step, loss: lossOf(step) };
  }
}

const schedules = [
  { schedule: "full" },
  { schedule: "asha", resource: "epochs", minimum: 1, maximum: 9 },
  { schedule: "hyperband", resource: "epochs", minimum: 1, maximum: 9 },
  { schedule: "median", resource: "epochs", minimum: 1, maximum: 9, warmUp: 3 },
  { schedule: "doubling", from: 8, to: 32, following: 5 },
].map((given) => searchSchedule.parse(given));

test.each(schedules)("$schedule: the order in which parallel trainings end changes nothing", (schedule) => {
  for (const parallel of [1, 2, 3]) {
    const given = plan({ schedule, parallel });
    const inOrder = search(given);
    expect(search(given, (running) => running.at(-1) ?? 0)).toEqual(inOrder);
    let turn = 0;
    expect(search(given, (running) => running[(turn = (turn * 5 + 3) % 7) % running.length] ?? 0)).toEqual(inOrder);
    expect(new Set(inOrder.map(({ trial }) => trial)).size).toBe(20);
  }
});

test.each(schedules)("$schedule: a search cut off anywhere goes on as it would have", (schedule) => {
  const given = plan({ schedule, parallel: 2 });
  const whole = search(given);
  for (const cut of [1, 9, whole.length - 1]) {
    const next = nextStep(given, whole.slice(0, cut));
    expect(next.kind === "step" ? next.step : null).toEqual({ ...whole[cut], loss: undefined });
  }
});

test("another seed is another search", () => {
  expect(search(plan({ seed: 8 }))[0]).not.toEqual(search(plan())[0]);
});

test("ASHA never has more than a third of a rung above it, and its best is of the highest rung", () => {
  const steps = search(plan({ schedule: required(schedules[1]), trials: 27 }));
  const at = (rung: number) => steps.filter((step) => step.rung === rung).length;
  expect([at(0), at(1), at(2)]).toEqual([27, expect.any(Number), expect.any(Number)]);
  expect(at(1)).toBeGreaterThanOrEqual(9);
  expect(at(2)).toBeGreaterThanOrEqual(3);
  const best = required(steps[bestStep(steps) ?? -1]);
  expect(best.budget).toEqual({ resource: "epochs", amount: 9 });
});

test("doubling looks around the best of the size before, which it tries first", () => {
  const schedule = required(schedules[4]);
  const steps = search(plan({ schedule }));
  expect(steps.map(({ configuration }) => configuration["factors"])).toEqual([
    ...new Array<number>(10).fill(8),
    ...new Array<number>(5).fill(16),
    ...new Array<number>(5).fill(32),
  ]);
  const first = required(steps.slice(0, 10).toSorted((a, b) => (a.loss ?? 0) - (b.loss ?? 0))[0]);
  expect(steps[10]?.configuration).toEqual({ ...first.configuration, factors: 16 });
  const rate = Number(first.configuration["rate"]);
  for (const { configuration } of steps.slice(11, 15)) {
    expect(Number(configuration["rate"])).toBeGreaterThanOrEqual(Math.max(1e-4, rate / 3) * (1 - 1e-12));
    expect(Number(configuration["rate"])).toBeLessThanOrEqual(Math.min(1, rate * 3) * (1 + 1e-12));
    expect(configuration["kind"]).toBe(first.configuration["kind"]);
  }
  expect(() => checkSchedule(plan({ schedule, trials: 10 }))).toThrow(/more than 10 trials/);
});

test("a dimension that depends on another takes part only beside it", () => {
  for (const { configuration } of search(plan({ trials: 40 })))
    expect(Object.hasOwn(configuration, "slope")).toBe(configuration["kind"] === "b");
});

test("TPE finds what random search does not, on the mean of ten seeds", () => {
  const bestLoss = (sampler: SearchPlan["sampler"], seed: number) =>
    Math.min(...search(plan({ sampler, seed, trials: 60 })).map(({ loss }) => loss ?? Infinity));
  const mean = (sampler: SearchPlan["sampler"]) =>
    Array.from({ length: 10 }, (_, seed) => bestLoss(sampler, seed)).reduce((sum, loss) => sum + loss, 0) / 10;
  expect(mean({ sampler: "tpe", startup: 10 })).toBeLessThan(mean({ sampler: "random" }));
});

test("failed trainings are learnt from and never win", () => {
  const given = plan({ trials: 30 });
  const steps: TakenStep[] = [];
  for (let next = nextStep(given, steps); next.kind === "step"; next = nextStep(given, steps)) {
    const failed = next.step.configuration["kind"] === "a";
    steps.push({ ...next.step, loss: failed ? Infinity : lossOf(next.step) });
  }
  expect(steps).toHaveLength(30);
  expect(required(steps[bestStep(steps) ?? -1]).configuration["kind"]).toBe("b");
  expect(steps.slice(15).filter(({ configuration }) => configuration["kind"] === "b").length).toBeGreaterThan(9);
  expect(bestStep([{ trial: 0, rung: 0, budget: null, configuration: {}, loss: Infinity }])).toBeNull();
});
