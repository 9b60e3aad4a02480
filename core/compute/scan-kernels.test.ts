import { expect, test } from "vitest";
import { coarseScanModule, instantiateCoarse } from "./coarse-scan.ts";
import { openKernelMemory } from "./kernel-memory.fixture.ts";
import type { KernelMemory } from "./kernel-memory.fixture.ts";
import * as reference from "./reference-scan.ts";
import type { ScannedItems, ScannedQuery } from "./reference-scan.ts";
import { seededRandom } from "./test-data.fixture.ts";

const stateBytes = 112;
const capacity = 96;

interface Scan {
  readonly items: ScannedItems;
  readonly queries: readonly ScannedQuery[];
  readonly open: (query: number, place: number) => boolean;
  readonly margin: number;
  readonly panels: number;
}

/** Scores tie often: few whole numbers, few scales. */
function invent(panels: number, factors: number, seed: number): Scan {
  const random = seededRandom(seed);
  const whole = (most: number) => Math.round((random() * 2 - 1) * most);
  const places = 8 * panels;
  const row = (most: number) => Array.from({ length: factors }, () => whole(most));
  const blocked = Array.from({ length: 8 * places }, () => random() < 0.2);
  return {
    panels,
    margin: 0.5,
    items: {
      wholes: Array.from({ length: places }, () => row(seed % 2 === 0 ? 2 : 9000)),
      scales: Float32Array.from({ length: places }, () => (seed % 2 === 0 ? 0.5 : 1e-4 * random())),
      // A few that may never be listed, zeros of both signs, and a number next to none.
      biases: Float32Array.from({ length: places }, (_, at) => [-Infinity, 0, -0, 1e-40, 1][(at * 7) % 5] ?? 0),
    },
    queries: Array.from({ length: 8 }, () => ({ wholes: row(seed % 2 === 0 ? 2 : 9000), scale: 0.25 })),
    open: (query, place) => blocked[query * places + place] !== true,
  };
}

/** The scan's regions: two groups of four queries. */
function lay(it: KernelMemory, { items, queries, open, margin, panels }: Scan) {
  const pairs = Math.max(1, Math.ceil((queries[0]?.wholes.length ?? 0) / 2));
  const pair = (rows: readonly (readonly number[])[], width: number) =>
    Int16Array.from({ length: (rows.length / width) * pairs * width * 2 }, (_, at) => {
      const inTile = at % (pairs * width * 2);
      const row = Math.floor(at / (pairs * width * 2)) * width + (Math.floor(inTile / 2) % width);
      return rows[row]?.[2 * Math.floor(inTile / (2 * width)) + (inTile % 2)] ?? 0;
    });
  const states = it.place(new Uint8Array(2 * stateBytes));
  queries.forEach(({ scale }, at) => {
    const state = states + Math.floor(at / 4) * stateBytes + (at % 4) * 4;
    for (const [offset, value] of [
      [0, scale],
      [16, 1],
      [32, -3.4e38],
      [48, margin],
    ] as const)
      it.float32(state + offset, 1)[0] = value;
  });
  const bits = Uint8Array.from({ length: 8 * panels }, (_, at) =>
    Array.from({ length: 8 }, (__, bit) =>
      open(Math.floor(at / panels), (at % panels) * 8 + bit) ? 0 : 1 << bit,
    ).reduce((sum, value) => sum + value, 0),
  );
  return {
    pairs,
    states,
    panelsAt: it.place(pair(items.wholes, 8)),
    scales: it.place(items.scales),
    biases: it.place(items.biases),
    // No panel is out of reach.
    norms: it.place(new Float32Array(panels).fill(1e30)),
    panelBiases: it.place(new Float32Array(panels).fill(1e30)),
    queriesAt: it.place(
      pair(
        queries.map(({ wholes }) => wholes),
        4,
      ),
    ),
    pools: it.room(8 * capacity * 8),
    blocked: it.place(bits),
  };
}

function poolOf(it: KernelMemory, { states, pools }: ReturnType<typeof lay>, query: number) {
  const count = it.int32(states + Math.floor(query / 4) * stateBytes + 64 + (query % 4) * 4, 1)[0] ?? 0;
  const at = pools + query * capacity * 8;
  return Array.from({ length: count }, (_, n) => ({
    place: it.int32(at + 4 * capacity, count)[n] ?? -1,
    score: it.float32(at, count)[n] ?? NaN,
  })).toSorted((a, b) => a.place - b.place);
}

const shapes = [
  [1, 1, 2],
  [1, 2, 3],
  [5, 7, 4],
  [9, 16, 5],
  [11, 33, 6],
] as const;

test.each(shapes)(
  "scans of %i panels with %i factors keep what can be in the list (seed %i)",
  async (panels, factors, seed) => {
    const scan = invent(panels, factors, seed);
    for (const n of [1, 3, 20]) {
      const all = Array.from({ length: 8 * panels }, (_, place) => place);
      const expected = (query: number, from: readonly number[] = all) =>
        reference.scanned(
          scan.items,
          scan.queries[query]!,
          from.filter((place) => scan.open(query, place)),
          { n, margin: scan.margin },
        );

      const it = await openKernelMemory();
      const at = lay(it, scan);
      const middle = panels >> 1;
      for (const [from, to] of [
        [0, middle],
        [middle, panels],
      ] as const)
        it.kernels.scanPanels(
          at.panelsAt,
          at.pairs,
          from,
          to,
          at.scales,
          at.biases,
          at.norms,
          at.panelBiases,
          at.queriesAt,
          2,
          at.states,
          at.pools,
          capacity,
          n,
          at.blocked,
          panels,
        );
      it.kernels.finishScan(2, at.states, at.pools, capacity, n);
      for (let query = 0; query < 8; query++) expect(poolOf(it, at, query)).toEqual(expected(query));

      const alone = await openKernelMemory();
      const one = lay(alone, scan);
      alone.kernels.scanPanelsOnce(
        one.panelsAt,
        one.pairs,
        0,
        panels,
        one.scales,
        one.biases,
        one.norms,
        one.panelBiases,
        one.queriesAt,
        one.states,
        one.pools,
        capacity,
        n,
        one.blocked,
      );
      alone.kernels.finishScan(1, one.states, one.pools, capacity, n);
      expect(poolOf(alone, one, 0)).toEqual(expected(0));

      const named = await openKernelMemory();
      const few = lay(named, scan);
      const hits = all.filter((hit) => hit % 3 !== 1);
      named.kernels.refinePanels(
        named.place(Int32Array.from(hits)),
        hits.length,
        few.panelsAt,
        few.pairs,
        few.scales,
        few.biases,
        few.queriesAt,
        few.states,
        few.pools,
        capacity,
        n,
        few.blocked,
        panels,
      );
      named.kernels.finishScan(2, few.states, few.pools, capacity, n);
      for (let query = 0; query < 8; query++) {
        const own = all.filter((place) => hits.includes((place >> 3) * 8 + query));
        expect(poolOf(named, few, query)).toEqual(expected(query, own));
      }
    }
  },
);

test.each(shapes)(
  "tiles of %i panels with %i factors hold the reference's scores, bit for bit (seed %i)",
  async (panels, factors, seed) => {
    const scan = invent(panels, factors, seed);
    const it = await openKernelMemory();
    const at = lay(it, scan);
    const places = 8 * panels;
    const out = it.room(4 * 4 * places);
    it.kernels.scoreTiles(at.panelsAt, at.pairs, 0, panels, at.scales, at.biases, at.queriesAt, at.states, out, places);
    const expected = Array.from({ length: 4 * places }, (_, n) =>
      reference.scoreTile(scan.items, n % places, scan.queries[Math.floor(n / places)]!),
    );
    expect([...it.float32(out, 4 * places)]).toEqual(expected);
  },
);

test.each([1, 2, 5, 16])(
  "the first look in 8 bits names the reference's panels and queries (%i pairs)",
  async (pairs) => {
    const module = await coarseScanModule();
    if (module === null) return; // A runtime without relaxed SIMD: everything is looked at in 16 bits.
    const it = await openKernelMemory();
    const random = seededRandom(pairs);
    const whole = (most: number) => Math.round((random() * 2 - 1) * most);
    const factors = 2 * pairs;
    const half = Math.ceil(pairs / 2);
    const panels = Array.from({ length: 23 }, () => ({
      bytes: Array.from({ length: 8 }, () => Array.from({ length: factors }, () => 64 + whole(63))),
      norm: random() * 3,
      bias: random() - 0.5,
      error: 0.1 * random(),
      inverse: 40 * random(),
    }));
    const queries = Array.from({ length: 8 }, () => {
      const wholes = Array.from({ length: factors }, () => whole(20));
      const start = (from: number, to: number) => -64 * wholes.slice(from, to).reduce((sum, value) => sum + value, 0);
      const shape = {
        norm: random(),
        cut: 2 * random(),
        error: 0.1 * random(),
        reach: random(),
        slack: 0.01,
        inverse: 60,
      };
      return { wholes, ...shape, first: start(0, 2 * half), second: start(2 * half, factors) };
    });
    const floats = (of: (panel: (typeof panels)[number]) => number) => it.place(Float32Array.from(panels, of));
    const group = it.place(new Uint8Array(176));
    const states = it.place(new Uint8Array(2 * stateBytes));
    queries.forEach((query, at) => {
      for (const [offset, value] of [
        [0, query.error],
        [32, query.reach],
        [64, query.slack],
        [96, query.inverse],
      ] as const)
        it.float32(group + offset + 4 * at, 1)[0] = value;
      new Int16Array(it.memory.buffer, group + 128 + 2 * at, 1)[0] = query.first;
      new Int16Array(it.memory.buffer, group + 144 + 2 * at, 1)[0] = query.second;
      const state = states + Math.floor(at / 4) * stateBytes + (at % 4) * 4;
      it.float32(state + 16, 1)[0] = query.norm;
      it.float32(state + 32, 1)[0] = query.cut;
    });
    const bytes = panels.flatMap((panel) =>
      Array.from({ length: pairs }, (_, pair) =>
        panel.bytes.flatMap((item) => item.slice(2 * pair, 2 * pair + 2)),
      ).flat(),
    );
    const own = Array.from({ length: pairs }, (_, pair) =>
      queries.flatMap(({ wholes }) => wholes.slice(2 * pair, 2 * pair + 2)),
    ).flat();
    const hits = it.room(4 * 8 * panels.length);
    const count = instantiateCoarse(module, it.memory).coarsePanels(
      it.place(Uint8Array.from(bytes)),
      pairs,
      half,
      0,
      panels.length,
      floats(({ norm }) => norm),
      floats(({ bias }) => bias),
      floats(({ error }) => error),
      floats(({ inverse }) => inverse),
      it.place(Int8Array.from(own)),
      group,
      states,
      it.room(128),
      hits,
    );
    const expected = reference.coarsePanels(panels, queries, 2 * half);
    expect([...it.int32(hits, count)]).toEqual(expected);
    expect(expected.length).toBeGreaterThan(0);
    expect(expected.length).toBeLessThan(8 * panels.length);
  },
);

/** Approximate scores that are off by at most `error`, exact ones, and which places are open. */
function ranking(places: number, k: number, seed: number) {
  const random = seededRandom(seed);
  const items = Math.max(1, places - (seed % 4));
  const error = 0.01;
  // Every second item is another's twin, so that scores tie.
  const factors = new Float32Array(items * k);
  for (let at = 0; at < factors.length; at++)
    factors[at] = Math.floor(at / k) % 2 === 1 ? factors[at - k]! : random() - 0.5;
  const biases = Float32Array.from({ length: items }, (_, item) => (Math.floor(item / 2) % 3 === 0 ? -0 : 0.25));
  const scores = { constant: 3.5, query: Float64Array.from({ length: k }, () => random() * 2 - 1), factors, biases };
  const itemAt = Array.from({ length: places }, (_, place) => (place < items ? items - 1 - place : -1));
  const isOpen = itemAt.map((item) => item >= 0 && random() < 0.8);
  const row = Float32Array.from(itemAt, (item, place) =>
    isOpen[place] === true
      ? reference.exactScore(item, scores) - scores.constant + (random() * 2 - 1) * 0.99 * error
      : -Infinity,
  );
  return { items, error, scores, itemAt, isOpen, row };
}

const rankings = [4, 8, 60, 64, 132, 400].flatMap((places) => [1, 3, 4, 18].map((k) => [places, k] as const));

test.each(rankings)("rankings of %i places with %i factors are the reference's, ties and all", async (places, k) => {
  const { items, error, scores, itemAt, isOpen, row } = ranking(places, k, places + k);
  const it = await openKernelMemory();
  const [query, factors, biases] = [scores.query, scores.factors, scores.biases].map((array) => it.place(array)) as [
    number,
    number,
    number,
  ];
  const [rowAt, itemAtAt] = [it.place(row), it.place(Int32Array.from(itemAt))];
  const [keys, spare, list, counts] = [
    it.room(8 * places),
    it.room(8 * places),
    it.room(4 * places),
    it.room(4 * 2048),
  ];
  const open = itemAt.filter((_, place) => isOpen[place]);
  for (const n of [1, 5, places]) {
    const margin = 2 * error * 1.001;
    const count = it.kernels.rankRow(
      rowAt,
      places,
      itemAtAt,
      n,
      margin,
      scores.constant,
      query,
      k,
      factors,
      biases,
      keys,
      spare,
      list,
      counts,
    );
    expect([...it.int32(list, count)]).toEqual(reference.rankRow(open, n, scores));
  }
  const relevant = open.filter((_, at) => at % 5 === 0);
  if (relevant.length === 0) return;
  const tiers = it.place(Float64Array.of(4, error, places, 2 * error));
  const above = it.kernels.relevantAbove(
    rowAt,
    itemAtAt,
    it.place(Int32Array.from(relevant)),
    relevant.length,
    tiers,
    2,
    scores.constant,
    query,
    k,
    factors,
    biases,
    it.room(8 * items),
    it.room(8 * items),
    it.room(4 * 2048),
  );
  const shown = itemAt.map((item, place) => (isOpen[place] === true ? item : null));
  expect(above).toBe(reference.relevantAbove(shown, relevant, scores));
});

test.each([1, 7, 8, 9, 24])("directions of %i factors are added up in order, bit for bit", async (k) => {
  const it = await openKernelMemory();
  const random = seededRandom(k);
  const factors = Float32Array.from({ length: 20 * k }, (_, at) => (at % 11 === 0 ? 1e-40 : random() - 0.5));
  const inverse = Float64Array.from({ length: 20 }, (_, item) => (item % 4 === 0 ? 0 : random()));
  const list = [3, 0, 19, 4, 7, 3, 11];
  for (const [from, to] of [
    [0, 0],
    [0, 7],
    [2, 3],
  ] as const) {
    const start = Float64Array.from({ length: k }, () => random());
    const sum = it.place(start);
    const known = it.kernels.addDirections(
      it.place(Int32Array.from(list)),
      from,
      to,
      it.place(factors),
      k,
      it.place(inverse),
      sum,
    );
    expect(known).toBe(reference.addDirections(list.slice(from, to), factors, inverse, start));
    expect([...it.float64(sum, k)]).toEqual([...start]);
  }
});
