import { float32View } from "../compute/memory-layout.ts";
import type { Region } from "../compute/memory-layout.ts";
import type { Shape } from "../compute/ratings-matrix.ts";
import type { FitContext } from "./algorithm.ts";
import type { FactorModel } from "./servable.ts";

/** The model that a fit by gradient descent starts from; null where there is none, or its shape is another. */
export function warmModelOf({ warmStart }: FitContext, shape: Shape, factors: number): FactorModel | null {
  if (warmStart === undefined || warmStart === null || warmStart.form !== "factors") return null;
  const { users, items } = warmStart;
  return users === shape.users && items === shape.items && warmStart.factors === factors ? warmStart : null;
}

/**
 * Writes a model's rows, each number `times` as large, over those that a fit would start from: the reverse of what reads them
 * out. A row of zeros is that of a person or item nobody had learnt anything about; it keeps its random start, since two zeros
 * never move each other.
 * @param positions [rows] where each of them stands in the memory; null: in their order.
 */
export function startRows(
  memory: WebAssembly.Memory,
  region: Region,
  { stride, width }: { readonly stride: number; readonly width: number },
  rows: Float32Array,
  times: number,
  positions: Int32Array | null = null,
): void {
  const out = float32View(memory, region);
  for (let row = 0; row * width < rows.length; row++) {
    const own = rows.subarray(row * width, (row + 1) * width);
    if (own.every((value) => value === 0)) continue;
    const to = (positions === null ? row : (positions[row] ?? 0)) * stride;
    for (let k = 0; k < width; k++) out[to + k] = (own[k] ?? 0) * times;
  }
}
