/** Which of a user's test ratings count as relevant in lists. */
export interface Relevance {
  /** Ratings of at least this, on the snapshot's scale; null: all of them. */
  readonly from: number | null;
}

/** For definitions: metrics of lists with different rules are different metrics. */
export function relevanceName({ from }: Relevance): string {
  return from === null ? "alltest" : `from${String(from)}`;
}

export function isRelevant({ from }: Relevance, rating: number): boolean {
  return from === null || rating >= from;
}

/**
 * The gain 2^r − 1 of exponential NDCG. r is the rating where the scale lies within 0 … 10, else the rating's place on it,
 * mapped to 0 … 5: with a scale to 100 the best rating would leave nothing to all others.
 */
export function exponentialGain(rating: number, scale: { readonly minimum: number; readonly maximum: number }): number {
  const { minimum, maximum } = scale;
  const grade = minimum >= 0 && maximum <= 10 ? rating : (5 * (rating - minimum)) / (maximum - minimum || 1);
  return wholeGrades[grade] ?? 2 ** grade - 1;
}

/** Most ratings are whole: a look-up instead of a power. */
const wholeGrades: readonly number[] = Array.from({ length: 11 }, (_, grade) => 2 ** grade - 1);
