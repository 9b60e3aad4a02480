import { expect, test } from "vitest";
import { createRandom } from "../../random.ts";
import { runAnchor } from "./anchor.ts";
import type { AnchorContext } from "./anchor.ts";
import type { AnchorRatings } from "./anchor-ratings.ts";
import { anchors, fittingAnchors } from "./anchors.ts";
import { recognise } from "./datasets.ts";
import { measureHeldOut } from "./liang-held-out.ts";
import { ncfLeaveOneOut } from "./ncf-leave-one-out.ts";
import { surpriseCrossValidation } from "./surprise-cv.ts";

const context: AnchorContext = { seed: 4, threads: 1, signal: new AbortController().signal, say: () => undefined };

/** Every user rates the same 12 of 40 items and 4 of the others; the later, the rarer. */
function ratings(users = 60): AnchorRatings {
  const random = createRandom(2);
  const rows: [number, number, number, number][] = [];
  for (let u = 0; u < users; u++) {
    for (let i = 0; i < 12; i++) rows.push([u, i, 3 + (i % 3), 100 + i]);
    for (let n = 0; n < 4; n++) rows.push([u, 12 + 7 * n + random.below(7), 1 + random.below(5), 200 + n]);
  }
  return {
    users,
    items: 40,
    user: Int32Array.from(rows, ([u]) => u),
    item: Int32Array.from(rows, ([, i]) => i),
    rating: Float32Array.from(rows, ([, , r]) => r),
    time: Float64Array.from(rows, ([, , , t]) => t),
    scale: { minimum: 1, maximum: 5 },
    inFileOrder: true,
  };
}

test("data that no table speaks of is refused, with what is known", () => {
  expect(() => fittingAnchors(ratings(), undefined)).toThrow(
    /No published table here speaks of this data \(960 ratings/,
  );
  expect(() => fittingAnchors(ratings(), ["nonsense"])).toThrow(/There is no protocol "nonsense"/);
});

/** MovieLens 100K's shape and histogram, nothing of its contents. */
function shaped(): AnchorRatings {
  const counts = { 1: 6110, 2: 11_370, 3: 27_145, 4: 34_174, 5: 21_201 };
  const rating = Float32Array.from(
    Object.entries(counts).flatMap(([value, n]) => new Array<number>(n).fill(Number(value))),
  );
  const user = new Int32Array(100_000).map((_, n) => n % 943);
  const item = new Int32Array(100_000).map((_, n) => Math.floor(n / 943) * 15 + (n % 15));
  return { ...ratings(), users: 943, items: 1682, user, item, rating, time: null, inFileOrder: false };
}

test("a data set is known by its shape and by how often each rating occurs", () => {
  expect(recognise(shaped())?.id).toBe("ml-100k");
  const other = shaped();
  other.rating[0] = 5;
  expect(recognise(other)).toBeNull();
});

test("a protocol that the data cannot serve is refused when asked for, and told otherwise", () => {
  const { anchors: fitting, unfit } = fittingAnchors(shaped(), undefined);
  expect(fitting.map(({ id }) => id)).toEqual(["surprise-cv"]);
  expect(unfit.map(({ anchor }) => anchor.id)).toEqual(["myfm-u1"]);
  expect(() => fittingAnchors(shaped(), ["myfm-u1"])).toThrow(/order of u.data/);
  expect(() => fittingAnchors(shaped(), ["tois-ml-1m"])).toThrow(/protocol for ml-1m; this is MovieLens 100K/);
});

test("every published figure is of a metric and a data set of its table, with a citation", () => {
  for (const anchor of anchors) {
    expect(anchor.citation.length).toBeGreaterThan(20);
    const metrics = anchor.metrics.map(({ metric }) => metric);
    for (const { published } of anchor.rows)
      for (const [dataset, figures] of Object.entries(published)) {
        expect(anchor.datasets).toContain(dataset);
        for (const metric of Object.keys(figures ?? {})) expect(metrics).toContain(metric);
      }
  }
});

test("leave-one-out by hand: popularity finds the latest item among the unpopular ones", async () => {
  const row = ncfLeaveOneOut.rows.find(({ algorithm }) => algorithm === "popularity");
  if (row === undefined) throw new Error("no popularity");
  // The latest is one of items 33 … 39. Unrated beside it are the 24 others of 12 … 39, all drawn (fewer than 100).
  const data = ratings();
  const { values } = await ncfLeaveOneOut.measure(data, row, context);
  let hits = 0;
  let gain = 0;
  for (let u = 0; u < data.users; u++) {
    const own = Array.from({ length: 16 }, (_, n) => data.item[16 * u + n] ?? 0);
    const held = own[15] ?? 0;
    const counts = new Map<number, number>();
    for (let n = 0; n < data.item.length; n++)
      if (n % 16 !== 15) counts.set(data.item[n] ?? 0, (counts.get(data.item[n] ?? 0) ?? 0) + 1);
    const others = Array.from({ length: 40 }, (_, i) => i).filter((i) => !own.includes(i));
    const place = 1 + others.filter((i) => (counts.get(i) ?? 0) >= (counts.get(held) ?? 0)).length;
    if (place <= 10) {
      hits++;
      gain += 1 / Math.log2(place + 1);
    }
  }
  expect(values["hr@10"]).toBeCloseTo(hits / 60, 12);
  expect(values["ndcg@10"]).toBeCloseTo(gain / 60, 12);
});

test("held-out users by hand: who is held out is not learnt from, and recall divides by what a list can hold", async () => {
  const shape = { positiveFrom: null, leastPerUser: 5, leastPerItem: 0, heldOutUsers: 5 };
  const row = { algorithm: "popularity", name: "popularity", hyperparameters: {}, published: {} };
  const { values } = await measureHeldOut(ratings(), row, shape, context);
  // 16 items each, 3 are held: what is not folded in of the common 12 stands at the top; at most 24 items are candidates.
  expect(values["recall@50"]).toBe(1);
  expect(values["recall@20"]).toBeGreaterThan(0.7);
  expect(values["ndcg@100"]).toBeLessThan(1);
  await expect(measureHeldOut(ratings(), row, { ...shape, heldOutUsers: 30 }, context)).rejects.toThrow(
    /cannot be held out/,
  );
});

test("cross-validation of biases beats the ratings' spread, and a row that cannot be run is told", async () => {
  const rows = [
    ...surpriseCrossValidation.rows,
    { algorithm: "none-such", name: "Nobody", hyperparameters: {}, published: {} },
  ];
  const results = [];
  for await (const result of runAnchor({ ...surpriseCrossValidation, rows }, "ml-100k", ratings(), {
    ...context,
    algorithms: ["biases", "none-such"],
  }))
    results.push(result);
  expect(results.map(({ problem }) => problem)).toEqual([null, "Nobody is not built in."]);
  const [figure] = results[0]?.figures ?? [];
  expect(figure?.published).toBe(0.944);
  expect(figure?.ours).toBeGreaterThan(0.3);
  expect(figure?.ours).toBeLessThan(1.1);
  expect(figure?.difference).toBeCloseTo((figure?.ours ?? 0) - 0.944, 12);
});
