/**
 * What nobody sane would train on, given to every algorithm, and bundles of every model that came of it, damaged at random
 * (seeded): a code of the registry or a right answer, never NaN, never another exception. `FUZZ=500` tries more damage.
 */
import { describe, expect, test } from "vitest";
import { isErrorCode, ReelbenchError } from "../contract/errors.ts";
import { createRandom } from "../random.ts";
import { createRecommender } from "../recommend/recommender.ts";
import type { GivenRating } from "../recommend/recommender.ts";
import type { TrainingSet } from "./algorithm.ts";
import { decodeBundle, encodeBundle } from "./bundle.ts";
import type { BundleFile } from "./bundle.ts";
import { fitWith } from "./fit.fixture.ts";
import { algorithms, parseHyperparameters } from "./registry.ts";
import { shortened } from "../../bench/shortened.ts";
import type { ServableModel } from "./servable.ts";

const damages = Number(process.env["FUZZ"] ?? 40);

/** Triples (user, item, rating), by user and item. */
function setOf(users: number, items: number, triples: readonly (readonly [number, number, number])[]): TrainingSet {
  const userStart = new Int32Array(users + 1);
  for (const [u] of triples) userStart[u + 1] = (userStart[u + 1] ?? 0) + 1;
  for (let u = 0; u < users; u++) userStart[u + 1] = (userStart[u + 1] ?? 0) + (userStart[u] ?? 0);
  return {
    users,
    items,
    userStart,
    item: Int32Array.from(triples, ([, i]) => i),
    rating: Float32Array.from(triples, ([, , rating]) => rating),
    time: Float64Array.from(triples, () => 1e9),
    scale: { minimum: 1, maximum: 5 },
  };
}
const full = (users: number, items: number, rating: (u: number, i: number) => number) =>
  setOf(
    users,
    items,
    Array.from({ length: users * items }, (_, n) => {
      const [u, i] = [Math.floor(n / items), n % items];
      return [u, i, rating(u, i)] as const;
    }),
  );

const hostile: readonly (readonly [string, TrainingSet])[] = [
  ["nobody and nothing", setOf(0, 0, [])],
  ["users without a rating", setOf(5, 4, [])],
  ["one rating", setOf(1, 1, [[0, 0, 4]])],
  ["one rating among many users and items", setOf(30, 40, [[7, 3, 5]])],
  ["all ratings equal", full(6, 5, () => 3)],
  ["more factors than rank", full(3, 4, (u) => 1 + u)],
  ["one user and many items", full(1, 3000, (_u, i) => 1 + (i % 5))],
  ["one item and many users", full(2000, 1, (u) => 1 + (u % 5))],
];

for (const algorithm of algorithms) {
  describe(`training ${algorithm.info.id}`, () => {
    test("hostile ratings: a model of finite scores, or a cause with a code", { timeout: 120_000 }, async () => {
      for (const [name, data] of hostile) {
        const outcome = await attempt(() => fitWith(algorithm, data, shortened(algorithm, 2, 16), { threads: 1 }));
        if (outcome instanceof ReelbenchError) {
          expect([name, outcome.code]).toEqual([
            name,
            expect.stringMatching(/^RB_(SPLIT_EMPTY|TRAIN_DIVERGED|INVALID_INPUT)$/),
          ]);
          continue;
        }
        requireFinite(name, outcome, data);
      }
    });

    test("ratings that are no numbers give no model of NaN", { timeout: 60_000 }, async () => {
      const data = full(8, 6, (u, i) => (u === 3 && i === 2 ? Number.NaN : 1 + ((u + i) % 5)));
      const outcome = await attempt(() => fitWith(algorithm, data, shortened(algorithm, 2, 4), { threads: 1 }));
      if (!(outcome instanceof ReelbenchError))
        requireFinite(
          "NaN",
          outcome,
          full(8, 6, () => 3),
        );
    });

    test("a damaged bundle is refused, or is the model that it was", { timeout: 120_000 }, async () => {
      const data = full(7, 9, (u, i) => 1 + ((u * 3 + i * 2) % 5));
      const model = await fitWith(algorithm, data, shortened(algorithm, 2, 3), { threads: 1 });
      const bundle = encodeBundle({
        model,
        userIds: Array.from({ length: 7 }, (_, u) => `u${u}`),
        itemIds: Array.from({ length: 9 }, (_, i) => `i${i}`),
        description: {
          algorithm: algorithm.info.id,
          hyperparameters: parseHyperparameters(algorithm, {}),
          seed: 1,
          runId: "r1",
          snapshotId: "s1",
          splitId: "p1",
          refitOf: null,
          metrics: [],
          codeVersion: "0",
        },
      });
      expect(decodeBundle(bundle).model.form).toBe(model.form);
      const random = createRandom(23);
      for (let time = 0; time < damages; time++) {
        const [damaged, name] = damage(bundle, random);
        const outcome = await attempt(async () => decodeBundle(damaged).model);
        if (!(outcome instanceof ReelbenchError)) throw new Error(`Damage to ${name} was not noticed.`);
        expect(outcome.code).toBe("RB_CORRUPT");
      }
    });
  });
}

/** A ReelbenchError is an answer; anything else thrown is a defect and goes through. */
async function attempt(work: () => Promise<ServableModel>): Promise<ServableModel | ReelbenchError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ReelbenchError && isErrorCode(error.code) && error.code !== "RB_INTERNAL") return error;
    throw error;
  }
}

function requireFinite(name: string, model: ServableModel, data: TrainingSet): void {
  const historyOf = (u: number): GivenRating[] =>
    Array.from(data.item.subarray(data.userStart[u], data.userStart[u + 1]), (i, n) => ({
      i,
      rating: data.rating[(data.userStart[u] ?? 0) + n] ?? 0,
    }));
  const recommender = createRecommender(model, historyOf);
  for (const u of [0, data.users - 1].filter((at) => at >= 0 && at < data.users))
    expect([name, recommender.scoresForUser(u).every(Number.isFinite)]).toEqual([name, true]);
  const stranger = data.items === 0 ? [] : [{ i: 0, rating: 5 }];
  expect([name, recommender.scoresForUser(recommender.foldIn(stranger)).every(Number.isFinite)]).toEqual([name, true]);
}

/** One file cut short, lengthened, or with a byte changed. */
function damage(
  bundle: ReadonlyMap<BundleFile, Uint8Array>,
  random: ReturnType<typeof createRandom>,
): [Map<BundleFile, Uint8Array>, string] {
  const damaged = new Map(bundle);
  const names = [...bundle.keys()];
  const name = names[random.below(names.length)] ?? "card.json";
  const bytes = bundle.get(name) ?? new Uint8Array();
  const kind = random.below(3);
  const at = random.below(bytes.length);
  const changed = kind === 0 ? bytes.slice(0, at) : kind === 1 ? new Uint8Array([...bytes, 0]) : bytes.slice();
  if (kind === 2) changed[at] = (changed[at] ?? 0) ^ (1 + random.below(255));
  damaged.set(name, changed);
  return [damaged, `${name} (${["cut", "lengthened", "changed"][kind] ?? ""} at ${at})`];
}
