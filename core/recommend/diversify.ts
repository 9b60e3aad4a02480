/**
 * The greedy choice of maximal marginal relevance (Carbonell and Goldstein 1998): one after the other, the candidate with the
 * largest worth − weight · (similarity to the most similar one already chosen). `similarity` of two candidates (by position) is
 * 0 … 1. Ties go to the earlier one. Answers with up to `n` positions. Cost: n × candidates calls of `similarity`.
 */
export function chooseUnlike(
  worth: ArrayLike<number>,
  similarity: (a: number, b: number) => number,
  n: number,
  weight: number,
): number[] {
  const nearest = new Float64Array(worth.length);
  const left = new Set(nearest.keys());
  const chosen: number[] = [];
  while (chosen.length < n && left.size > 0) {
    let next = -1;
    let value = -Infinity;
    for (const at of left) {
      const marginal = (worth[at] ?? 0) - weight * (nearest[at] ?? 0);
      if (marginal > value) {
        value = marginal;
        next = at;
      }
    }
    chosen.push(next);
    left.delete(next);
    for (const at of left) nearest[at] = Math.max(nearest[at] ?? 0, similarity(at, next));
  }
  return chosen;
}

/** `chooseUnlike` with (1 − λ)·relevance as worth and λ as weight; relevance is `scores`, best first, scaled to 0 … 1. λ = 0 keeps the order. */
export function diversify(
  scores: readonly number[],
  similarity: (a: number, b: number) => number,
  n: number,
  lambda: number,
): number[] {
  const best = scores[0] ?? 0;
  const spread = best - (scores.at(-1) ?? 0);
  const worth = scores.map((score) => (1 - lambda) * (spread > 0 ? 1 - (best - score) / spread : 1));
  return chooseUnlike(worth, similarity, n, lambda);
}

/**
 * Puts chance into a list that is nobody's own: each of the first `n` places goes, with probability `share`, to one of the
 * candidates behind them, each as likely. Answers with positions, and with those places (from 0). `random` is uniform in [0, 1).
 */
export function explore(
  candidates: number,
  n: number,
  share: number,
  random: () => number,
): { readonly positions: number[]; readonly explored: number[] } {
  const length = Math.min(n, candidates);
  const behind = Array.from({ length: candidates - length }, (_, at) => length + at);
  const positions = Array.from({ length }, (_, at) => at);
  const explored: number[] = [];
  for (let place = 0; place < length && behind.length > 0; place++) {
    if (random() >= share) continue;
    const drawn = Math.floor(random() * behind.length);
    positions[place] = behind.splice(drawn, 1)[0] ?? place;
    explored.push(place);
  }
  return { positions, explored };
}
