/** An item and its score, on the model's own scale (not clipped). */
export interface ScoredItem {
  readonly i: number;
  readonly score: number;
}

/** Who may appear in a list. */
export interface Candidates {
  /** Items to leave out (seen, hidden). Indices beyond the catalogue are ignored. */
  readonly exclude?: Iterable<number>;
  /** [items]; where given, only items with a value other than 0 may appear (filters by genre, year, …). */
  readonly allowed?: Uint8Array;
}

/**
 * The best `n` of the items whose `blocked` byte is 0, best first. Exact. Ties: the lower dense index comes first, which
 * is the order of the items' ids in UTF-8 bytes. A bounded heap: O(items · log n) at worst, no allocation per item.
 */
export function selectTop(scores: Float64Array, blocked: Uint8Array, n: number): ScoredItem[] {
  const size = Math.min(n, scores.length);
  if (size <= 0) return [];
  // The root is the worst of those kept.
  const heap = new Int32Array(size);
  let kept = 0;
  const worse = (a: number, b: number) => {
    const difference = scores[a]! - scores[b]!;
    return difference < 0 || (difference === 0 && a > b);
  };
  const sink = (from: number) => {
    const moving = heap[from]!;
    let at = from;
    for (let child = 2 * at + 1; child < kept; child = 2 * at + 1) {
      if (child + 1 < kept && worse(heap[child + 1]!, heap[child]!)) child++;
      if (!worse(heap[child]!, moving)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = moving;
  };
  const rise = (from: number) => {
    const moving = heap[from]!;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!worse(moving, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = moving;
  };

  for (let i = 0; i < scores.length; i++) {
    if (blocked[i] !== 0) continue;
    if (kept < size) {
      heap[kept++] = i;
      rise(kept - 1);
    } else if (scores[i]! > scores[heap[0]!]!) {
      // Items come in ascending order, so an equal score never displaces one that is kept.
      heap[0] = i;
      sink(0);
    }
  }
  return Array.from(heap.subarray(0, kept))
    .sort((a, b) => scores[b]! - scores[a]! || a - b)
    .map((i) => ({ i, score: scores[i]! }));
}

/** Writes 1 for every item that may not appear, 0 for the others, into `blocked` [items]. */
export function markBlocked(blocked: Uint8Array, candidates: Candidates): void {
  if (candidates.allowed === undefined) blocked.fill(0);
  else for (let i = 0; i < blocked.length; i++) blocked[i] = candidates.allowed[i] ? 0 : 1;
  for (const i of candidates.exclude ?? []) if (i >= 0 && i < blocked.length) blocked[i] = 1;
}
