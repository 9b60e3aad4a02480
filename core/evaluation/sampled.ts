import type { Recommender, UserVector } from "../recommend/recommender.ts";
import type { EvaluationInput, EvaluationOutput } from "./evaluation-data.ts";
import { createRandom } from "../random.ts";

/** Said wherever sampled metrics are shown. */
export const sampledWarning =
  "Metrics over sampled candidates reorder models and say little about real lists (Krichene & Rendle 2022). They are here to reproduce papers; judge by the metrics over the full ranking.";

export function sampledColumns(k: number): string[] {
  return [`sampled-hit-rate@${String(k)}`, `sampled-ndcg@${String(k)}`];
}

/**
 * The protocol of He et al. 2017 (NCF): each relevant item is ranked among `negatives` items that the user has neither in
 * training nor in test, drawn without replacement from a seed of the user's own; equal scores count against it. Hit rate and
 * NDCG (1 ÷ log₂(place + 1)) of the one relevant item, averaged over the user's.
 */
export function rateSampled(
  recommender: Recommender,
  { sampled, test, cutoffs }: EvaluationInput,
  { columns }: EvaluationOutput,
  person: { readonly row: number; readonly u: number; readonly who: UserVector; readonly exclude: Int32Array },
  relevant: readonly number[],
): void {
  if (sampled === null || sampled === undefined) return;
  const { u, row, who } = person;
  const known = new Set(person.exclude);
  for (let at = test.userStart[u]!; at < test.userStart[u + 1]!; at++) known.add(test.item[at]!);
  const { items } = recommender.model;
  const wanted = Math.min(sampled.negatives, items - known.size);
  const random = createRandom((Math.imul(sampled.seed, 0x9e3779b1) ^ Math.imul(u + 1, 0x85ebca6b)) >>> 0);
  const places = relevant.map((i) => {
    const score = recommender.score(who, i);
    const drawn = new Set<number>();
    let place = 1;
    while (drawn.size < wanted) {
      const other = random.below(items);
      if (known.has(other) || drawn.has(other)) continue;
      drawn.add(other);
      if (recommender.score(who, other) >= score) place++;
    }
    return place;
  });
  for (const k of cutoffs) {
    const [hitRate, ndcg] = sampledColumns(k);
    const mean = (worth: (place: number) => number) =>
      places.reduce((sum, place) => sum + (place <= k ? worth(place) : 0), 0) / places.length;
    put(
      columns.get(hitRate ?? ""),
      row,
      mean(() => 1),
    );
    put(
      columns.get(ndcg ?? ""),
      row,
      mean((place) => 1 / Math.log2(place + 1)),
    );
  }
}

function put(column: Float64Array | undefined, row: number, value: number): void {
  if (column !== undefined) column[row] = value;
}
