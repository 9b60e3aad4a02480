import { gramRow } from "./item-gram";
import { freeScratch, takeScratch } from "./scratch";

/** Whether entry a of the heap is worse than entry b: less similar, or as similar with the higher index. */
// @ts-ignore: decorator
@inline
function worse(items: usize, weights: usize, a: usize, b: usize): bool {
  const x = load<f32>(weights + (a << 2)), y = load<f32>(weights + (b << 2));
  return x < y || (x === y && load<i32>(items + (a << 2)) > load<i32>(items + (b << 2)));
}

// @ts-ignore: decorator
@inline
function swap(items: usize, weights: usize, a: usize, b: usize): void {
  const item = load<i32>(items + (a << 2)), weight = load<f32>(weights + (a << 2));
  store<i32>(items + (a << 2), load<i32>(items + (b << 2)));
  store<f32>(weights + (a << 2), load<f32>(weights + (b << 2)));
  store<i32>(items + (b << 2), item);
  store<f32>(weights + (b << 2), weight);
}

/**
 * For the items [from, to) the `keep` most similar others, s(j) = XᵀX_ij / (left[i] · right[j] + shrinkage) > 0, left and right
 * [items] f64, as a heap (in no useful order) into outItems and outWeights [items × keep], their number into counts.
 */
export function itemNeighbours(
  userStart: usize, userItems: usize, userValues: usize, itemStart: usize, itemUsers: usize, itemValues: usize,
  items: i32, from: i32, to: i32, left: usize, right: usize, shrinkage: f64, keep: i32,
  outItems: usize, outWeights: usize, counts: usize, flags: usize, slots: i32, scratch: usize, scratchBytes: i32,
): void {
  const slot = takeScratch(flags, slots);
  const row = scratch + <usize>slot * <usize>scratchBytes;
  const capacity = <usize>keep;
  for (let i = from; i < to; i++) {
    gramRow(i, items - 1, userStart, userItems, userValues, itemStart, itemUsers, itemValues, row);
    const own = load<f64>(left + ((<usize>i) << 3));
    const listItems = outItems + ((<usize>i) * capacity << 2);
    const listWeights = outWeights + ((<usize>i) * capacity << 2);
    let count: usize = 0;
    for (let j = 0; j < items; j++) {
      const product = load<f32>(row + ((<usize>j) << 2));
      if (!(product > 0) || j === i) continue;
      const weight = <f32>(<f64>product / (own * load<f64>(right + ((<usize>j) << 3)) + shrinkage));
      if (count < capacity) {
        store<i32>(listItems + (count << 2), j);
        store<f32>(listWeights + (count << 2), weight);
        for (let at = count; at > 0;) {
          const parent = (at - 1) >> 1;
          if (!worse(listItems, listWeights, at, parent)) break;
          swap(listItems, listWeights, at, parent);
          at = parent;
        }
        count++;
      } else if (weight > load<f32>(listWeights)) {
        // In ascending order, so an equal one never displaces.
        store<i32>(listItems, j);
        store<f32>(listWeights, weight);
        for (let at: usize = 0; ;) {
          let child = (at << 1) + 1;
          if (child >= capacity) break;
          if (child + 1 < capacity && worse(listItems, listWeights, child + 1, child)) child++;
          if (!worse(listItems, listWeights, child, at)) break;
          swap(listItems, listWeights, child, at);
          at = child;
        }
      }
    }
    store<i32>(counts + ((<usize>i) << 2), <i32>count);
  }
  freeScratch(flags, slot);
}
