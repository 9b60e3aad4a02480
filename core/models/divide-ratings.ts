import type { TrainingSet } from "./algorithm.ts";

/** Two training sets over the same users and items, each rating in one of them. `takes` is asked once for each, in order. */
export function divideRatings(
  data: TrainingSet,
  takes: (index: number) => boolean,
): { readonly kept: TrainingSet; readonly taken: TrainingSet } {
  const isTaken = Uint8Array.from({ length: data.item.length }, (_, index) => (takes(index) ? 1 : 0));
  return { kept: select(data, isTaken, 0), taken: select(data, isTaken, 1) };
}

function select(data: TrainingSet, mark: Uint8Array, wanted: 0 | 1): TrainingSet {
  const size = mark.reduce((sum, value) => sum + (value === wanted ? 1 : 0), 0);
  const userStart = new Int32Array(data.users + 1);
  const rows = new Int32Array(size);
  let at = 0;
  for (let u = 0; u < data.users; u++) {
    for (let n = data.userStart[u] ?? 0; n < (data.userStart[u + 1] ?? 0); n++) if (mark[n] === wanted) rows[at++] = n;
    userStart[u + 1] = at;
  }
  return {
    ...data,
    userStart,
    item: Int32Array.from(rows, (n) => data.item[n] ?? 0),
    rating: Float32Array.from(rows, (n) => data.rating[n] ?? 0),
    time: data.time === null ? null : Float64Array.from(rows, (n) => data.time?.[n] ?? Number.NaN),
    ...(data.weight ? { weight: Float32Array.from(rows, (n) => data.weight?.[n] ?? 1) } : {}),
  };
}
