import { Matrix, SingularValueDecomposition } from "ml-matrix";
import { describe, expect, it } from "vitest";
import { createRandom } from "../random.ts";
import { nearestPoints } from "./nearest-items.ts";
import { neighbourLayout } from "./neighbour-layout.ts";
import { principalComponents } from "./principal-components.ts";
import { trustworthiness } from "./trustworthiness.ts";

const factors = 12;
const groups = 6;

/** Points around `groups` directions; point n belongs to group n mod `groups`. */
function planted(points: number, noise: number, seed = 7): Float32Array {
  const random = createRandom(seed);
  const centres = Array.from({ length: groups * factors }, () => random.normal());
  return Float32Array.from(
    { length: points * factors },
    (_, at) => (centres[(Math.floor(at / factors) % groups) * factors + (at % factors)] ?? 0) + noise * random.normal(),
  );
}

const rowsOf = (vectors: Float32Array) =>
  Array.from({ length: vectors.length / factors }, (_, row) =>
    Array.from(vectors.subarray(row * factors, (row + 1) * factors)),
  );

async function umap(vectors: Float32Array, seed: number): Promise<Float32Array> {
  const start = principalComponents(vectors, factors).coordinates;
  return neighbourLayout({ nearest: await nearestPoints(vectors, factors, 10), neighbours: 10, start, seed });
}

describe("principal components", () => {
  it("are those of a singular value decomposition of the centred points, and the shares of variance too", () => {
    const vectors = planted(200, 0.5);
    const centred = new Matrix(rowsOf(vectors)).center("column");
    const svd = new SingularValueDecomposition(centred);
    const scores = centred.mmul(svd.rightSingularVectors);
    const total = svd.diagonal.reduce((sum, value) => sum + value ** 2, 0);
    const { coordinates, explained } = principalComponents(vectors, factors);
    for (const axis of [0, 1]) {
      expect(explained[axis]).toBeCloseTo((svd.diagonal[axis] ?? 0) ** 2 / total, 6);
      const sign = Math.sign((coordinates[axis] ?? 0) * scores.get(0, axis));
      for (let point = 0; point < 200; point++)
        expect(coordinates[2 * point + axis]).toBeCloseTo(sign * scores.get(point, axis), 4);
    }
  });

  it("do not fail where nothing varies", () => {
    const { coordinates, explained } = principalComponents(new Float32Array(5 * factors).fill(2), factors);
    expect([...coordinates].every((value) => Math.abs(value) < 1e-9)).toBe(true);
    expect(explained).toEqual([0, 0]);
  });
});

describe("neighbours", () => {
  it("are the nearest by the cosine, as comparing everything with everything finds them", async () => {
    const vectors = planted(150, 0.7);
    const rows = rowsOf(vectors).map((row) => {
      const length = Math.hypot(...row);
      return row.map((value) => value / length);
    });
    const found = await nearestPoints(vectors, factors, 5);
    rows.forEach((row, point) => {
      const expected = rows
        .map((other, at) => ({ at, distance: 1 - other.reduce((sum, value, f) => sum + value * (row[f] ?? 0), 0) }))
        .filter(({ at }) => at !== point)
        .sort((a, b) => a.distance - b.distance)
        .slice(0, 5);
      expect([...found.points.subarray(point * 5, point * 5 + 5)]).toEqual(expected.map(({ at }) => at));
      expected.forEach(({ distance }, rank) => expect(found.distances[point * 5 + rank]).toBeCloseTo(distance, 5));
    });
  });
});

describe("a UMAP layout", () => {
  it("keeps planted groups together, and says so by its trustworthiness", async () => {
    const vectors = planted(300, 0.25);
    const layout = await umap(vectors, 42);
    const place = (point: number) => [layout[2 * point] ?? 0, layout[2 * point + 1] ?? 0] as const;
    let strangers = 0;
    for (let point = 0; point < 300; point++) {
      const near = Array.from({ length: 300 }, (_, other) => other)
        .filter((other) => other !== point)
        .map((other) => ({
          other,
          away: Math.hypot(place(other)[0] - place(point)[0], place(other)[1] - place(point)[1]),
        }))
        .sort((a, b) => a.away - b.away)
        .slice(0, 10);
      strangers += near.filter(({ other }) => other % groups !== point % groups).length;
    }
    expect(strangers / 3000).toBeLessThan(0.02);
    expect(trustworthiness(vectors, factors, layout, 10)).toBeGreaterThan(0.93);
  }, 60_000);

  it("is the same for the same seed and another for another", async () => {
    const vectors = planted(120, 0.4);
    const [first, again, other] = [await umap(vectors, 3), await umap(vectors, 3), await umap(vectors, 4)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  }, 60_000);
});

describe("trustworthiness", () => {
  it("is 1 where the map keeps every order, and about a half by chance", () => {
    const random = createRandom(5);
    // On half a circle nearness by the angle is nearness in the plane.
    const points = 200;
    const circle = Float32Array.from({ length: 2 * points }, (_, at) => {
      const angle = (Math.PI * (at >> 1)) / points;
      return at % 2 === 0 ? Math.cos(angle) : Math.sin(angle);
    });
    expect(trustworthiness(circle, 2, circle, 10)).toBeCloseTo(1, 3);
    const scattered = Float32Array.from({ length: 2 * points }, () => random.normal());
    expect(Math.abs((trustworthiness(circle, 2, scattered, 10) ?? 0) - 0.5)).toBeLessThan(0.1);
  });

  it("is not told of a handful of points", () => {
    expect(trustworthiness(planted(20, 1), factors, new Float32Array(40), 10)).toBeNull();
  });
});
