import { BLOCK, gatherGroups, groupsPass, lanesSum } from "./groups";

/** f32 [width] vectors that `descendConjugate` needs, beside the gathered entries. */
export const DESCENT_VECTORS: usize = 6;

/** Of all entries: see `groupsPass`. Blocks beyond what `gathered` holds are gathered anew with every pass. */
function rowPass(
  columns: usize, count: i32, source: usize, width: i32, scale: usize, weights: usize, none: usize,
  gathered: usize, capacity: i32, first: bool, v: usize, goals: usize, partial: usize, out: usize,
): f64 {
  const size = <usize>width;
  const blockBytes = size * <usize>BLOCK << 2;
  const resident = count <= capacity;
  let squares: f64 = 0;
  if (out !== 0) memory.fill(out, 0, size << 3);
  for (let from = 0; from < count; from += BLOCK) {
    const entries = min(BLOCK, count - from);
    const at = resident ? gathered + (<usize>(from / BLOCK)) * blockBytes : gathered;
    if (first || !resident) {
      const given: usize = weights === 0 ? 0 : weights + ((<usize>from) << 2);
      gatherGroups(columns + ((<usize>from) << 2), entries, source, width, scale, given, none, at);
    }
    if (out !== 0) memory.fill(partial, 0, size << 2);
    squares += groupsPass(
      at, (entries + 7) >> 3, width, v, goals === 0 ? 0 : goals + ((<usize>from) << 2), out === 0 ? 0 : partial,
    );
    if (out !== 0) {
      for (let k: usize = 0; k < size << 2; k += 16) {
        const part = v128.load(partial + k);
        const to = out + (k << 1);
        v128.store(to, f64x2.add(v128.load(to), f64x2.promote_low_f32x4(part)));
        v128.store(
          to, f64x2.add(v128.load(to, 16), f64x2.promote_low_f32x4(v128.shuffle<f32>(part, part, 2, 3, 2, 3))), 16,
        );
      }
    }
  }
  return squares;
}

/** f32 of the f64 [width] at `from`, four at `k`. */
// @ts-ignore: decorator
@inline
function demoted(from: usize, k: usize): v128 {
  const low = f32x4.demote_f64x2_zero(v128.load(from + (k << 1)));
  const high = f32x4.demote_f64x2_zero(v128.load(from + (k << 1), 16));
  return v128.shuffle<f32>(low, high, 0, 1, 4, 5);
}

/** Σ a·b of f32 [width], in f64. */
function dotProduct(a: usize, b: usize, width: i32): f64 {
  let low = f64x2.splat(0), high = f64x2.splat(0);
  for (let k: usize = 0; k < (<usize>width) << 2; k += 16) {
    const product = f32x4.mul(v128.load(a + k), v128.load(b + k));
    low = f64x2.add(low, f64x2.promote_low_f32x4(product));
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(product, product, 2, 3, 2, 3)));
  }
  const both = f64x2.add(low, high);
  return f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
}

/**
 * `steps` ≥ 1 of conjugate gradients on the whitened system (I + ZᵀZ) z = Zᵀg, Z = Y·scale, x = scale·z, from the x (f32) that is
 * there. Returns the row's loss: Σ (g − y·x)² + ‖z‖² at the start, less a·rᵀr with every step. The last step needs its length
 * only, for which half a pass will do.
 * `goals` [count rounded up to 8] f32, zero beyond count. `work` holds DESCENT_VECTORS vectors of f32 [width], `none` a row of
 * zeros, `gathered` capacity · width f32 (capacity a multiple of BLOCK).
 */
export function descendConjugate(
  columns: usize, count: i32, source: usize, width: i32, scale: usize, weights: usize, goals: usize, steps: i32,
  gathered: usize, capacity: i32, none: usize, work: usize, x: usize,
): f64 {
  const size = <usize>width;
  const bytes = size << 2;
  const z = work, r = z + bytes, p = r + bytes, partial = p + bytes, sums = partial + bytes;
  for (let k: usize = 0; k < bytes; k += 16) v128.store(z + k, f32x4.div(v128.load(x + k), v128.load(scale + k)));
  let loss = rowPass(columns, count, source, width, scale, weights, none, gathered, capacity, true, z, goals, partial, sums);
  for (let k: usize = 0; k < bytes; k += 16) {
    const residual = f32x4.sub(demoted(sums, k), v128.load(z + k));
    v128.store(r + k, residual);
    v128.store(p + k, residual);
  }
  loss += dotProduct(z, z, width);
  let norm = dotProduct(r, r, width);
  // Beyond this, f32 has nothing more to say.
  const enough = norm * 1e-13;
  for (let step = 1; step <= steps && norm > enough; step++) {
    const last = step === steps;
    const products = rowPass(
      columns, count, source, width, scale, weights, none, gathered, capacity, false, p, 0, partial, last ? 0 : sums,
    );
    const curvature = dotProduct(p, p, width) + products;
    const length = norm / curvature;
    loss -= length * norm;
    const a = f32x4.splat(<f32>length);
    for (let k: usize = 0; k < bytes; k += 16) {
      v128.store(z + k, f32x4.add(v128.load(z + k), f32x4.mul(a, v128.load(p + k))));
    }
    if (last) break;
    for (let k: usize = 0; k < bytes; k += 16) {
      const product = f32x4.sub(v128.load(p + k), demoted(sums, k));
      v128.store(r + k, f32x4.sub(v128.load(r + k), f32x4.mul(a, product)));
    }
    const next = dotProduct(r, r, width);
    const keep = f32x4.splat(<f32>(next / norm));
    for (let k: usize = 0; k < bytes; k += 16) {
      v128.store(p + k, f32x4.add(v128.load(r + k), f32x4.mul(keep, v128.load(p + k))));
    }
    norm = next;
  }
  for (let k: usize = 0; k < bytes; k += 16) v128.store(x + k, f32x4.mul(v128.load(z + k), v128.load(scale + k)));
  return loss;
}
