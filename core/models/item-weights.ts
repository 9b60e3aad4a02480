import type { SparseWeights } from "./servable.ts";

/** More bytes in one tensor than files and checksums are read and written at once with. */
export const largestDense = 2 ** 31 - 1;

/** From rows of all weights into one item at a time to the weights of a model; rows come in any order, each once. */
export interface WeightCollector {
  /** `row` [items]: the weight that each item j gives to item `i`. */
  add(i: number, row: Float32Array, factor?: number): void;
  finish(): SparseWeights;
}

/** For each item the `perItem` weights of largest magnitude (equal ones: the lower index), times `factor`. */
export function collectWeights(items: number, perItem: number): WeightCollector {
  const kept: { from: Int32Array; weight: Float32Array }[] = Array.from({ length: items }, () => ({
    from: new Int32Array(),
    weight: new Float32Array(),
  }));
  return {
    add: (i, row, factor = 1) => {
      const from = largest(row, perItem);
      kept[i] = { from, weight: Float32Array.from(from, (j) => (row[j] ?? 0) * factor) };
    },
    finish: () => bySource(items, kept),
  };
}

/** Indices, ascending, of the `count` values of largest magnitude among those other than 0. */
export function largest(row: Float32Array, count: number): Int32Array {
  const heap: number[] = [];
  const magnitude = (j: number): number => Math.abs(row[j] ?? 0);
  const worse = (a: number, b: number): boolean =>
    magnitude(a) < magnitude(b) || (magnitude(a) === magnitude(b) && a > b);
  for (let j = 0; j < row.length; j++) {
    if (row[j] === 0) continue;
    if (heap.length < count) {
      heap.push(j);
      for (let at = heap.length - 1; at > 0;) {
        const parent = (at - 1) >> 1;
        if (!worse(heap[at] ?? 0, heap[parent] ?? 0)) break;
        [heap[at], heap[parent]] = [heap[parent] ?? 0, heap[at] ?? 0];
        at = parent;
      }
      continue;
    }
    // In ascending order, so an equal one never displaces.
    if (!(magnitude(j) > magnitude(heap[0] ?? 0))) continue;
    heap[0] = j;
    for (let at = 0; ;) {
      let child = 2 * at + 1;
      if (child >= count) break;
      if (child + 1 < count && worse(heap[child + 1] ?? 0, heap[child] ?? 0)) child++;
      if (!worse(heap[child] ?? 0, heap[at] ?? 0)) break;
      [heap[at], heap[child]] = [heap[child] ?? 0, heap[at] ?? 0];
      at = child;
    }
  }
  return Int32Array.from(heap).sort();
}

/** From each item's list of sources, in any order, to CSR by source. */
export function bySource(
  items: number,
  kept: readonly { readonly from: Int32Array; readonly weight: Float32Array }[],
): SparseWeights {
  const start = new Int32Array(items + 1);
  for (const { from } of kept) for (const j of from) start[j + 1] = (start[j + 1] ?? 0) + 1;
  for (let j = 0; j < items; j++) start[j + 1] = (start[j + 1] ?? 0) + (start[j] ?? 0);
  const total = start[items] ?? 0;
  const [item, weight] = [new Int32Array(total), new Float32Array(total)];
  const next = start.slice(0, items);
  kept.forEach((list, i) => {
    list.from.forEach((j, n) => {
      const to = next[j] ?? 0;
      next[j] = to + 1;
      item[to] = i;
      weight[to] = list.weight[n] ?? 0;
    });
  });
  return { kind: "sparse", start, item, weight };
}
