import type { Search, SearchStep } from "../../../../core/contract/searches.ts";
import type { Series } from "../../charts/series.ts";

/** One setting at growing shares of the users: not a search for settings, but for how much data helps. */
export function isDataCurve({ trials, schedule, space }: Pick<Search, "trials" | "schedule" | "space">): boolean {
  const varies = space.some((dimension) => dimension.kind !== "choice" || dimension.choices.length > 1);
  return trials === 1 && !varies && "resource" in schedule && schedule.resource === "users";
}

type Judged = Pick<SearchStep, "step" | "value" | "budget">;

/** Every trained step, and the best value up to each, in the order of decision. */
export function progressSeries(steps: readonly Judged[], higherIsBetter: boolean): readonly Series[] {
  const judged = inOrder(steps).flatMap(({ step, value }) => (value === null ? [] : [{ x: step + 1, y: value }]));
  let best: number | null = null;
  const bests = judged.map(({ x, y }) => {
    best = best === null ? y : higherIsBetter ? Math.max(best, y) : Math.min(best, y);
    return { x, y: best };
  });
  return [
    { id: "best", label: "Best so far", points: bests },
    { id: "each", label: "Each training", points: judged },
  ];
}

/** Accuracy by share of the users that took part. */
export function dataCurve(steps: readonly Judged[]): Series {
  const points = inOrder(steps).flatMap(({ value, budget }) =>
    value === null ? [] : [{ x: 100 * (budget?.amount ?? 1), y: value }],
  );
  return { id: "data", label: "On validation", points: points.sort((left, right) => left.x - right.x) };
}

function inOrder<S extends Judged>(steps: readonly S[]): readonly S[] {
  return [...steps].sort((left, right) => left.step - right.step);
}

/** What the last doubling of the data brought, in a sentence; null before there are two points. */
export function dataCurveSentence(points: Series["points"], higherIsBetter: boolean, metric: string): string | null {
  const last = points.at(-1);
  const before = points.at(-2);
  if (last === undefined || before === undefined || before.y === 0) return null;
  const gain = higherIsBetter ? last.y - before.y : before.y - last.y;
  const percent = (100 * gain) / Math.abs(before.y);
  const from = `${before.x.toFixed(before.x < 10 ? 1 : 0)} % to ${last.x.toFixed(0)} % of the users`;
  if (percent < 0.2)
    return `From ${from} ${metric} hardly moved (${percent.toFixed(1)} %): more data of this kind will help little.`;
  return `From ${from} ${metric} got ${percent.toFixed(1)} % better: ${percent > 1 ? "more data should still help" : "more data may still help a little"}.`;
}
