/**
 * Maximal marginal relevance (Carbonell and Goldstein 1998): one after the other, the candidate with the largest
 * (1 − λ)·relevance − λ·(similarity to the most similar one already chosen). `scores` are best first and are scaled to 0 … 1 over
 * the candidates; `similarity` of two candidates (by position) is 0 … 1. λ = 0 keeps the order; ties go to the better rank.
 * Answers with positions. Cost: n × candidates calls of `similarity`.
 */
export function diversify(
  scores: readonly number[],
  similarity: (a: number, b: number) => number,
  n: number,
  lambda: number,
): number[] {
  const best = scores[0] ?? 0;
  const spread = best - (scores.at(-1) ?? 0);
  const relevance = scores.map((score) => (spread > 0 ? 1 - (best - score) / spread : 1));
  const nearest = new Float64Array(scores.length);
  const left = new Set(scores.keys());
  const chosen: number[] = [];
  while (chosen.length < n && left.size > 0) {
    let next = -1;
    let value = -Infinity;
    for (const at of left) {
      const marginal = (1 - lambda) * (relevance[at] ?? 0) - lambda * (nearest[at] ?? 0);
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
