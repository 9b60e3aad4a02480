import { DESCENT_VECTORS, descendConjugate } from "./ials-descent";
import { solveDual, solvePrimal } from "./ials-exact";
import { solveNonNegative } from "./ials-nonnegative";
import { sweepSubspaces } from "./ials-subspace";
import { freeScratch, takeScratch } from "./scratch";

/** The row's 1/√(spectrum + penalty), f32 [width]. */
function scaleOf(spectrum: usize, penalty: f64, width: i32, scale: usize): void {
  const own = f64x2.splat(penalty);
  const one = f64x2.splat(1);
  for (let f: usize = 0; f < (<usize>width) << 2; f += 16) {
    const from = spectrum + (f << 1);
    const low = f64x2.div(one, f64x2.sqrt(f64x2.add(own, v128.load(from))));
    const high = f64x2.div(one, f64x2.sqrt(f64x2.add(own, v128.load(from, 16))));
    v128.store(
      scale + f, v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5),
    );
  }
}

/** The row's goals, padded with zeros to a multiple of eight: √weight · target, where 0 for a pointer means ones. */
function goalsOf(targets: usize, weights: usize, count: i32, goals: usize): void {
  const padded = (count + 7) & ~7;
  for (let n: usize = 0; n < <usize>padded; n++) {
    let goal: f32 = 0;
    if (n < <usize>count) {
      goal = targets === 0 ? 1 : load<f32>(targets + (n << 2));
      if (weights !== 0) goal *= load<f32>(weights + (n << 2));
    }
    store<f32>(goals + (n << 2), goal);
  }
}

/**
 * One half of an epoch of alternating least squares for the rows [from, to): each row x of `target` becomes the minimiser of
 *   Σ_{its entries n} w_n² (t_n − x·y_n)² + xᵀ D x,   D = diag(spectrum) + penalty[row]·I,
 * t = `targets` and w = `weights` (f32, beside `columns`; 0: all ones). For iALS the rows y of `source` are given in the
 * eigenbasis of their gramian YᵀY, so that α₀ YᵀY is the diagonal `spectrum` (f64). Rows of at most `dualLimit` entries
 * (≤ width) are solved through their n × n system, longer ones by Cholesky, or by `steps` > 0 steps of conjugate gradients
 * from the x that is there, or by a sweep over subspaces of `block` > 0 columns (a multiple of 8). With
 * `sweeps` > 0 all x stay at least zero: that many sweeps over the coordinates. Both matrices [rows × width] f32, width a multiple of 16.
 * `sums` (two f64) receives the rows' loss and Σ penalty·‖x‖². `goals` [longest] f32 for every slot: the longest row rounded up to 8.
 * Scratch: see planRowSolver in ../row-solver.ts; `flags` int32 zeros. A row of at most `capacity` entries (a multiple of 128) is
 * gathered once for all its steps.
 */
export function ialsRows(
  rowStart: usize, columns: usize, targets: usize, weights: usize, from: i32, to: i32,
  source: usize, target: usize, width: i32, spectrum: usize, penalty: usize, steps: i32, block: i32, sweeps: i32, dualLimit: i32,
  flags: usize, slots: i32, scratch: usize, scratchBytes: i32, capacity: i32, longest: i32, sums: usize,
): void {
  const slot = takeScratch(flags, slots);
  const bytes = (<usize>width) << 2;
  const scale = scratch + (<usize>slot) * (<usize>scratchBytes);
  const x = scale + bytes;
  const none = x + bytes;
  const goals = none + bytes;
  const work = goals + ((<usize>longest) << 2);
  memory.fill(none, 0, bytes);
  let loss: f64 = 0;
  let penalties: f64 = 0;
  for (let row = from; row < to; row++) {
    const start = load<i32>(rowStart + ((<usize>row) << 2));
    const count = load<i32>(rowStart + ((<usize>row) << 2), 4) - start;
    const out = target + (<usize>row) * bytes;
    if (count === 0) {
      memory.fill(out, 0, bytes);
      continue;
    }
    const at = (<usize>start) << 2;
    const entries = columns + at;
    const given: usize = weights === 0 ? 0 : weights + at;
    const own = load<f64>(penalty + ((<usize>row) << 3));
    scaleOf(spectrum, own, width, scale);
    goalsOf(targets === 0 ? 0 : targets + at, given, count, goals);
    if (sweeps > 0) {
      memory.copy(x, out, bytes);
      loss += solveNonNegative(entries, count, source, width, scale, given, goals, sweeps, work, x);
    } else if (count <= dualLimit) {
      loss += solveDual(entries, count, source, width, scale, given, goals, work, x);
    } else if (block > 0) {
      memory.copy(x, out, bytes);
      const room = capacity * width;
      loss += sweepSubspaces(entries, count, source, width, scale, given, goals, block, work, room, x);
    } else if (steps === 0) {
      loss += solvePrimal(entries, count, source, width, scale, given, goals, work, x);
    } else {
      memory.copy(x, out, bytes);
      const gathered = work + bytes * DESCENT_VECTORS;
      loss += descendConjugate(
        entries, count, source, width, scale, given, goals, steps, gathered, capacity, none, work, x,
      );
    }
    let squares = f64x2.splat(0);
    for (let k: usize = 0; k < bytes; k += 16) {
      const v = v128.load(x + k);
      const low = f64x2.promote_low_f32x4(v);
      const high = f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3));
      squares = f64x2.add(squares, f64x2.add(f64x2.mul(low, low), f64x2.mul(high, high)));
      v128.store(out + k, v);
    }
    penalties += own * (f64x2.extract_lane(squares, 0) + f64x2.extract_lane(squares, 1));
  }
  freeScratch(flags, slot);
  store<f64>(sums, loss);
  store<f64>(sums, penalties, 8);
}
