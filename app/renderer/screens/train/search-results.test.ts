import { describe, expect, it } from "vitest";
import { dataCurve, dataCurveSentence, isDataCurve, progressSeries } from "./search-results.ts";

const step = (number: number, value: number | null, amount?: number) => ({
  step: number,
  value,
  budget: amount === undefined ? null : { resource: "users" as const, amount },
});

describe("what came of a search", () => {
  it("shows the best so far, whichever way is better and in whatever order steps are told", () => {
    const steps = [step(2, 0.3), step(0, 0.2), step(1, 0.1), step(3, null)];
    const best = (higher: boolean) => progressSeries(steps, higher)[0]?.points.map(({ y }) => y);
    expect(best(true)).toEqual([0.2, 0.2, 0.3]);
    expect(best(false)).toEqual([0.2, 0.1, 0.1]);
    expect(progressSeries(steps, true)[1]?.points).toEqual([
      { x: 1, y: 0.2 },
      { x: 2, y: 0.1 },
      { x: 3, y: 0.3 },
    ]);
  });
  it("shows accuracy by share of the users, and says what the last doubling brought", () => {
    const { points } = dataCurve([step(0, 0.2, 0.25), step(2, 0.22, 1), step(1, 0.21, 0.5)]);
    expect(points).toEqual([
      { x: 25, y: 0.2 },
      { x: 50, y: 0.21 },
      { x: 100, y: 0.22 },
    ]);
    expect(dataCurveSentence(points, true, "NDCG@10")).toBe(
      "From 50 % to 100 % of the users NDCG@10 got 4.8 % better: more data should still help.",
    );
    expect(dataCurveSentence(points, false, "RMSE")).toContain("hardly moved");
    expect(dataCurveSentence(points.slice(0, 1), true, "RMSE")).toBeNull();
  });
  it("tells a curve over data from a search for settings", () => {
    const schedule = {
      schedule: "median",
      resource: "users",
      minimum: 0.1,
      maximum: 1,
      reduction: 2,
      warmUp: 5,
    } as const;
    const one = { kind: "choice", name: "factors", choices: [8], when: null } as const;
    expect(isDataCurve({ trials: 1, schedule, space: [{ ...one, choices: [8] }] })).toBe(true);
    expect(isDataCurve({ trials: 9, schedule, space: [{ ...one, choices: [8] }] })).toBe(false);
    expect(isDataCurve({ trials: 1, schedule: { schedule: "full" }, space: [{ ...one, choices: [8] }] })).toBe(false);
    expect(isDataCurve({ trials: 1, schedule, space: [{ ...one, choices: [8, 16] }] })).toBe(false);
  });
});
