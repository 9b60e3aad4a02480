// Tall matrices [rows × width], row-major f32, against small ones.
import { CHUNK, addPackedToLower, gramPacked, packedBytes } from "./panels";
import { freeScratch, takeScratch } from "./scratch";

/**
 * The gram matrix XᵀX over the rows [from, to), lower triangle, to `slot` [width × width] f64. Products of CHUNK rows are summed in
 * f32, those sums in f64. Width a multiple of 16. Scratch: CHUNK · width f32 and a packed [width × width].
 */
export function gramTall(
  x: usize, width: i32, from: i32, to: i32, slot: usize, flags: usize, slots: i32, scratch: usize, scratchBytes: i32,
): void {
  const taken = takeScratch(flags, slots);
  const system = scratch + (<usize>taken) * (<usize>scratchBytes);
  const gathered = system + packedBytes(width >> 3);
  const rowBytes = (<usize>width) << 2;
  const panelBytes: usize = (<usize>CHUNK) << 5;
  memory.fill(slot, 0, (<usize>width) * (<usize>width) << 3);
  for (let first = from; first < to; first += CHUNK) {
    const rows = min(CHUNK, to - first);
    for (let row: usize = 0; row < <usize>rows; row++) {
      const at = x + (<usize>first + row) * rowBytes;
      let out = gathered + (row << 5);
      for (let k: usize = 0; k < rowBytes; k += 32) {
        v128.store(out, v128.load(at + k));
        v128.store(out, v128.load(at + k, 16), 16);
        out += panelBytes;
      }
    }
    gramPacked(gathered, width >> 3, rows, panelBytes, system, false);
    addPackedToLower(system, width >> 3, slot);
  }
  freeScratch(flags, taken);
}

/** Rows rotated at a time. */
const ROTATED: i32 = 64;

/**
 * X ← X·T in place for the rows [from, to); T [width × width] f32 in panels of eight columns, one after another; width a multiple
 * of 16. Scratch: 64 · width f32.
 */
export function rotateRows(
  x: usize, width: i32, t: usize, from: i32, to: i32, flags: usize, slots: i32, scratch: usize, scratchBytes: i32,
): void {
  const taken = takeScratch(flags, slots);
  const block = scratch + (<usize>taken) * (<usize>scratchBytes);
  const rowBytes = (<usize>width) << 2;
  const panelBytes = (<usize>width) << 5;
  for (let row = from; row < to; row += ROTATED) {
    const count = min(ROTATED, to - row);
    const at = x + (<usize>row) * rowBytes;
    memory.copy(block, at, (<usize>count) * rowBytes);
    // What the last four rows lack is multiplied, too, and dropped.
    for (let panel: usize = 0; panel < <usize>width >> 3; panel++) {
      const right = t + panel * panelBytes;
      for (let n = 0; n < count; n += 4) {
        const a = block + (<usize>n) * rowBytes;
        const b = a + rowBytes, c = b + rowBytes, d = c + rowBytes;
        let s00 = f32x4.splat(0), s01 = f32x4.splat(0), s10 = f32x4.splat(0), s11 = f32x4.splat(0);
        let s20 = f32x4.splat(0), s21 = f32x4.splat(0), s30 = f32x4.splat(0), s31 = f32x4.splat(0);
        let from = right;
        for (let k: usize = 0; k < rowBytes; k += 4) {
          const t0 = v128.load(from), t1 = v128.load(from, 16);
          from += 32;
          let l = v128.load32_splat(a + k);
          s00 = f32x4.add(s00, f32x4.mul(l, t0));
          s01 = f32x4.add(s01, f32x4.mul(l, t1));
          l = v128.load32_splat(b + k);
          s10 = f32x4.add(s10, f32x4.mul(l, t0));
          s11 = f32x4.add(s11, f32x4.mul(l, t1));
          l = v128.load32_splat(c + k);
          s20 = f32x4.add(s20, f32x4.mul(l, t0));
          s21 = f32x4.add(s21, f32x4.mul(l, t1));
          l = v128.load32_splat(d + k);
          s30 = f32x4.add(s30, f32x4.mul(l, t0));
          s31 = f32x4.add(s31, f32x4.mul(l, t1));
        }
        const out = at + (<usize>n) * rowBytes + (panel << 5);
        v128.store(out, s00);
        v128.store(out, s01, 16);
        if (n + 1 < count) {
          v128.store(out + rowBytes, s10);
          v128.store(out + rowBytes, s11, 16);
        }
        if (n + 2 < count) {
          v128.store(out + 2 * rowBytes, s20);
          v128.store(out + 2 * rowBytes, s21, 16);
        }
        if (n + 3 < count) {
          v128.store(out + 3 * rowBytes, s30);
          v128.store(out + 3 * rowBytes, s31, 16);
        }
      }
    }
  }
  freeScratch(flags, taken);
}
