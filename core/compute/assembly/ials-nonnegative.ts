import { lanesSum } from "./groups";
import { gatherPanels } from "./ials-exact";
import { CHUNK, addToDiagonal, gramPacked, packedBytes, packedPanel } from "./panels";

/** A packed symmetric matrix as a row-major one [8·panels]², both triangles, f32. */
function unpack(packed: usize, panels: i32, out: usize): void {
  const stride = (<usize>panels) << 5;
  for (let panel = 0; panel < panels; panel++) {
    const from = packedPanel(packed, panel);
    for (let row: usize = 0; row < (<usize>panel + 1) << 3; row++) {
      for (let c: usize = 0; c < 8; c++) {
        const value = load<f32>(from + (row << 5) + (c << 2));
        const column: usize = ((<usize>panel) << 3) + c;
        store<f32>(out + row * stride + (column << 2), value);
        store<f32>(out + column * stride + (row << 2), value);
      }
    }
  }
}

/**
 * min over z ≥ 0 of ‖g − Zz‖² + ‖z‖², Z = Y·scale, x = scale·z, by coordinate descent from the x ≥ 0 that is there: the gramian once,
 * then at most `sweeps` over the coordinates, each moved to its own minimum or to zero; fewer once none moves. Returns the row's loss.
 * Scratch: as solvePrimal's, divided otherwise: gramian twice, gathered panels, right side and residual.
 */
export function solveNonNegative(
  columns: usize, count: i32, source: usize, width: i32, scale: usize, weights: usize, goals: usize, sweeps: i32,
  scratch: usize, x: usize,
): f64 {
  const size = <usize>width;
  const bytes = size << 2;
  const panels = width >> 3;
  const panelBytes: usize = (<usize>CHUNK) << 5;
  const square = scratch;
  const system = square + size * bytes;
  const gathered = system + packedBytes(panels);
  const right = gathered + (<usize>CHUNK * bytes);
  const residual = right + bytes;
  memory.fill(right, 0, bytes);
  let squares: f64 = 0;
  for (let first = 0; first < count; first += CHUNK) {
    const rows = min(CHUNK, count - first);
    const at = (<usize>first) << 2;
    gatherPanels(columns + at, rows, source, width, scale, weights === 0 ? <usize>0 : weights + at, gathered);
    gramPacked(gathered, panels, rows, panelBytes, system, first !== 0);
    const own = goals + at;
    for (let panel: usize = 0; panel < <usize>panels; panel++) {
      const column = gathered + panel * panelBytes;
      let low = v128.load(right + (panel << 5)), high = v128.load(right + (panel << 5), 16);
      for (let row: usize = 0; row < (<usize>rows) << 5; row += 32) {
        const g = v128.load32_splat(own + (row >> 3));
        low = f32x4.add(low, f32x4.mul(g, v128.load(column + row)));
        high = f32x4.add(high, f32x4.mul(g, v128.load(column + row, 16)));
      }
      v128.store(right + (panel << 5), low);
      v128.store(right + (panel << 5), high, 16);
    }
    for (let row: usize = 0; row < <usize>rows; row++) {
      const g = <f64>load<f32>(own + (row << 2));
      squares += g * g;
    }
  }
  addToDiagonal(system, panels, 1);
  unpack(system, panels, square);
  memory.copy(residual, right, bytes);
  for (let f: usize = 0; f < size; f++) {
    const z = load<f32>(x + (f << 2)) / load<f32>(scale + (f << 2));
    store<f32>(x + (f << 2), z);
    if (z !== 0) subtractRow(square + f * bytes, bytes, z, residual);
  }
  for (let sweep = 0; sweep < sweeps; sweep++) {
    let moved: f32 = 0, largest: f32 = 0;
    for (let f: usize = 0; f < size; f++) {
      const z = load<f32>(x + (f << 2));
      const row = square + f * bytes;
      const next = max<f32>(0, z + load<f32>(residual + (f << 2)) / load<f32>(row + (f << 2)));
      const step = next - z;
      largest = max<f32>(largest, next);
      if (step === 0) continue;
      moved = max<f32>(moved, abs<f32>(step));
      store<f32>(x + (f << 2), next);
      subtractRow(row, bytes, step, residual);
    }
    if (moved <= largest * 1e-6) break;
  }
  let explained: f64 = 0;
  for (let k: usize = 0; k < bytes; k += 16) {
    const z = v128.load(x + k);
    explained += lanesSum(f32x4.mul(f32x4.add(v128.load(right + k), v128.load(residual + k)), z));
    v128.store(x + k, f32x4.mul(z, v128.load(scale + k)));
  }
  return squares - explained;
}

// @ts-ignore: decorator
@inline
function subtractRow(row: usize, bytes: usize, factor: f32, from: usize): void {
  const s = f32x4.splat(factor);
  for (let k: usize = 0; k < bytes; k += 16) {
    v128.store(from + k, f32x4.sub(v128.load(from + k), f32x4.mul(s, v128.load(row + k))));
  }
}
