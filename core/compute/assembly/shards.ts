/**
 * Brings together what `shards` users' shards have made of one common matrix. Each had a copy of its own (copy s begins at
 * copies + s · copyBytes); row r becomes
 *   common + (Σ_s copy_s − common) / (1 + (t − 1) · blend[r]),   t the shards that changed the row,
 * so blend 0 adds the shards' changes up (right for rows that moved little) and 1 averages them (right for rows on which
 * each shard has gone all the way by itself). Copies receive the result. Rows are `rowBytes` long, a multiple of 16.
 */
export function mergeRows(
  common: usize, copies: usize, copyBytes: usize, shards: i32, rowBytes: usize, blend: usize, from: i32, to: i32,
): void {
  for (let row = from; row < to; row++) {
    const at = (<usize>row) * rowBytes;
    let touched: f32 = 0;
    for (let s = 0; s < shards; s++) {
      if (differs(common + at, copies + (<usize>s) * copyBytes + at, rowBytes)) touched += 1;
    }
    if (touched == 0) continue;
    const share = f32x4.splat(<f32>1 / (<f32>1 + (touched - 1) * load<f32>(blend + ((<usize>row) << 2))));
    for (let k: usize = 0; k < rowBytes; k += 16) {
      const old = v128.load(common + at + k);
      let change = f32x4.splat(0);
      for (let s = 0; s < shards; s++) {
        change = f32x4.add(change, f32x4.sub(v128.load(copies + (<usize>s) * copyBytes + at + k), old));
      }
      const merged = f32x4.add(old, f32x4.mul(share, change));
      v128.store(common + at + k, merged);
      for (let s = 0; s < shards; s++) v128.store(copies + (<usize>s) * copyBytes + at + k, merged);
    }
  }
}

// @ts-ignore: decorator
@inline
function differs(a: usize, b: usize, bytes: usize): bool {
  for (let k: usize = 0; k < bytes; k += 16) {
    if (v128.any_true(v128.xor(v128.load(a + k), v128.load(b + k)))) return true;
  }
  return false;
}

/** The same for rows of one float each (biases). */
export function mergeScalars(
  common: usize, copies: usize, copyBytes: usize, shards: i32, blend: usize, from: i32, to: i32,
): void {
  for (let row = from; row < to; row++) {
    const at = (<usize>row) << 2;
    const old = load<f32>(common + at);
    let touched: f32 = 0;
    let change: f32 = 0;
    for (let s = 0; s < shards; s++) {
      const difference = load<f32>(copies + (<usize>s) * copyBytes + at) - old;
      if (difference != 0) touched += 1;
      change += difference;
    }
    if (touched == 0) continue;
    const merged = old + change / (<f32>1 + (touched - 1) * load<f32>(blend + at));
    store<f32>(common + at, merged);
    for (let s = 0; s < shards; s++) store<f32>(copies + (<usize>s) * copyBytes + at, merged);
  }
}
