import type { NeighbourModel } from "../models/servable.ts";
import { inputOf } from "./settle.ts";
import { selectTop } from "./top-n.ts";
import type { FormScorer, NeighbourVector } from "./user-vector.ts";

type Columns = NonNullable<NeighbourModel["columns"]>;
type Similarity = NeighbourModel["similarity"];

/** The training adds in float32: who stands exactly at the threshold there shall not miss it here. */
const roundingOfAdmission = 1e-5;

/**
 * Finds the nearest users by walking the columns of the history's items, then adds up their rows: O(ratings of those items +
 * ratings of the neighbours). Sums in float64, by ascending item and then by ascending user. For one thread.
 */
export function neighbourScorer(model: NeighbourModel): FormScorer<NeighbourVector> {
  const { users, items, rows, input, similarity, neighbours, admission } = model;
  const columns = model.columns ?? columnsOf(model);
  const norms = Float64Array.from({ length: users }, (_, v) =>
    squaredNorm(rows.value, rows.start[v]!, rows.start[v + 1]!),
  );
  const products = new Float64Array(users);
  const far = new Uint8Array(users);
  let itemNorms: Float64Array | undefined;

  /** `itemIndex` ascending, `x` beside it. */
  function nearest(itemIndex: ArrayLike<number>, x: ArrayLike<number>, self: number | null): NeighbourVector {
    products.fill(0);
    let norm = 0;
    for (let n = 0; n < itemIndex.length; n++) {
      const value = x[n]!;
      norm += value * value;
      const j = itemIndex[n]!;
      for (let at = columns.start[j]!; at < columns.start[j + 1]!; at++)
        products[columns.user[at]!]! += value * columns.value[at]!;
    }
    for (let v = 0; v < users; v++) {
      far[v] = products[v]! > 0 && v !== self ? 0 : 1;
      if (far[v] === 1) continue;
      products[v]! /= denominator(similarity, norm, norms[v]!);
      if (admission !== undefined && products[v]! < admission[v]! * (1 - roundingOfAdmission)) far[v] = 1;
    }
    const found = selectTop(products, far, admission === undefined ? neighbours : users).sort((a, b) => a.i - b.i);
    return {
      form: "user-neighbours",
      users: Int32Array.from(found, ({ i }) => i),
      similarities: Float64Array.from(found, ({ score }) => score),
    };
  }

  /** x_vi, 0 where v has not rated i. */
  function valueOf(v: number, i: number): number {
    let low = rows.start[v]!;
    let high = rows.start[v + 1]! - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = rows.item[middle]!;
      if (found === i) return rows.value[middle]!;
      if (found < i) low = middle + 1;
      else high = middle - 1;
    }
    return 0;
  }

  return {
    stored: (u) =>
      nearest(
        rows.item.subarray(rows.start[u], rows.start[u + 1]),
        rows.value.subarray(rows.start[u], rows.start[u + 1]),
        u,
      ),
    fold(ratings, u) {
      // As the training keeps them: float32.
      const x = Float32Array.from(ratings, ({ rating }) => inputOf(input, rating));
      const vector = nearest(
        ratings.map(({ i }) => i),
        x,
        u,
      );
      const norm = squaredNorm(x, 0, x.length);
      return {
        ratings,
        vector,
        // s(u, v) is a sum over the history, so each rating has its share of every neighbour's say.
        contributions: (i) => {
          const shares = new Float64Array(ratings.length);
          for (const v of vector.users) {
            const value = valueOf(v, i);
            if (value === 0) continue;
            const scale = value / denominator(similarity, norm, norms[v]!);
            for (let n = 0; n < shares.length; n++) {
              const shared = x[n] === 0 ? 0 : valueOf(v, ratings[n]!.i);
              if (shared !== 0) shares[n]! += x[n]! * shared * scale;
            }
          }
          return shares;
        },
      };
    },
    knowsNothing: (vector) => vector.users.length === 0,
    score(vector, i) {
      let sum = 0;
      for (let n = 0; n < vector.users.length; n++) sum += vector.similarities[n]! * valueOf(vector.users[n]!, i);
      return sum;
    },
    scoreAll(vector, out) {
      out.fill(0, 0, items);
      for (let n = 0; n < vector.users.length; n++) {
        const v = vector.users[n]!;
        const weight = vector.similarities[n]!;
        for (let at = rows.start[v]!; at < rows.start[v + 1]!; at++) out[rows.item[at]!]! += weight * rows.value[at]!;
      }
    },
    baseline: () => 0,
    /** Cosine of the items' columns: those liked by the same people. */
    similarities(i, out, unlike) {
      itemNorms ??= Float64Array.from({ length: items }, (_, j) =>
        Math.sqrt(squaredNorm(columns.value, columns.start[j]!, columns.start[j + 1]!)),
      );
      out.fill(0, 0, items);
      for (let at = columns.start[i]!; at < columns.start[i + 1]!; at++) {
        const v = columns.user[at]!;
        for (let n = rows.start[v]!; n < rows.start[v + 1]!; n++)
          out[rows.item[n]!]! += columns.value[at]! * rows.value[n]!;
      }
      for (let j = 0; j < items; j++) {
        if (out[j]! > 0) out[j]! /= itemNorms[i]! * itemNorms[j]!;
        else unlike[j] = 1;
      }
    },
  };
}

/** `rows` by item: users ascending within each. */
export function columnsOf({ users, items, rows }: NeighbourModel): Columns {
  const start = new Int32Array(items + 1);
  for (const i of rows.item) start[i + 1]!++;
  for (let i = 0; i < items; i++) start[i + 1]! += start[i]!;
  const next = start.slice(0, items);
  const user = new Int32Array(rows.item.length);
  const value = new Float32Array(rows.item.length);
  for (let v = 0; v < users; v++) {
    for (let at = rows.start[v]!; at < rows.start[v + 1]!; at++) {
      const to = next[rows.item[at]!]!++;
      user[to] = v;
      value[to] = rows.value[at]!;
    }
  }
  return { start, user, value };
}

/** ‖u‖^2a ‖v‖^2(1−a) + h from squared norms. */
function denominator({ asymmetry, shrinkage }: Similarity, u: number, v: number): number {
  const product = asymmetry === 0.5 ? Math.sqrt(u) * Math.sqrt(v) : u ** asymmetry * v ** (1 - asymmetry);
  return product + shrinkage;
}

function squaredNorm(values: Float32Array, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at++) sum += values[at]! * values[at]!;
  return sum;
}
