import type { ServableModel } from "../models/servable.ts";
import { itemGramian } from "./item-gramian.ts";
import { columnsOf } from "./neighbour-scorer.ts";

/**
 * The same model in memory that threads share, with what every answer needs computed once and not by each thread: QᵀQ for an
 * implicit fold-in, the ratings by item for neighbours. Arrays that are already shared stay where they are.
 */
export function shareModel<Model extends ServableModel>(model: Model): Model {
  return inSharedMemory({ ...model, ...derivedOf(model) });
}

/** Bytes of all its arrays. */
export function bytesOfModel(model: ServableModel): number {
  const bytesOf = (value: unknown): number => {
    if (ArrayBuffer.isView(value)) return value.byteLength;
    if (value === null || typeof value !== "object") return 0;
    return Object.values(value).reduce<number>((sum, inner) => sum + bytesOf(inner), 0);
  };
  return bytesOf(model);
}

function derivedOf(model: ServableModel): Partial<ServableModel> {
  if (model.form === "factors" && model.foldIn.kind === "implicit") return { itemGramian: itemGramian(model) };
  if (model.form === "user-neighbours") return { columns: model.columns ?? columnsOf(model) };
  return {};
}

/** Plain objects are gone through, so that a part which a form gains is shared like the others. */
function inSharedMemory<Value>(value: Value): Value {
  return moved(value) as Value; // Array for array and field for field the same, by the function below.
}

function moved(value: unknown): unknown {
  if (value instanceof Float32Array) return copied(value, Float32Array);
  if (value instanceof Float64Array) return copied(value, Float64Array);
  if (value instanceof Int32Array) return copied(value, Int32Array);
  if (value instanceof Uint8Array) return copied(value, Uint8Array);
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, moved(inner)]));
}

interface NumberArray extends ArrayBufferView {
  readonly length: number;
  set(source: ArrayLike<number>): void;
}

function copied<A extends NumberArray & ArrayLike<number>>(array: A, Kind: new (buffer: SharedArrayBuffer) => A): A {
  if (array.buffer instanceof SharedArrayBuffer) return array;
  const copy = new Kind(new SharedArrayBuffer(array.byteLength));
  copy.set(array);
  return copy;
}
