/** Counts how often each value occurs. Ratings of usual scales, multiples of a hundredth, are counted without a map. */
export interface ValueCounts {
  add(value: number): void;
  /** Different values met so far. */
  readonly size: number;
  counts(): Map<number, number>;
}

const hundredthsKept = 20_480;

export function createValueCounts(): ValueCounts {
  const hundredths = new Float64Array(hundredthsKept);
  const others = new Map<number, number>();
  let size = 0;
  return {
    add(value) {
      const place = Math.round(value * 100);
      if (place >= 0 && place < hundredthsKept && place / 100 === value) {
        if (hundredths[place]!++ === 0) size++;
        return;
      }
      const before = others.get(value);
      if (before === undefined) size++;
      others.set(value, (before ?? 0) + 1);
    },
    get size() {
      return size;
    },
    counts() {
      const all = new Map(others);
      hundredths.forEach((n, place) => {
        if (n > 0) all.set(place / 100, n);
      });
      return all;
    },
  };
}
