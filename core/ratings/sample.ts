import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { WorkContext } from "../jobs/work-context.ts";
import { writeFileAtomic } from "../files/atomic.ts";
import { throwIfAborted } from "./database.ts";
import {
  checkShape,
  createItems,
  plantedFactors,
  plantedMean,
  plantedNoise,
  ratingsPerUser,
  stream,
  userTaste,
} from "./sample-world.ts";
import type { ItemWorld, SampleShape } from "./sample-world.ts";

export { plantedPriors, plantedTruth } from "./sample-world.ts";
export type { SampleShape } from "./sample-world.ts";

/** The sample a first run offers. */
export const defaultSampleShape: SampleShape = { seed: 42, users: 1000, items: 1700, ratings: 100_000 };

/** Shapes of the public MovieLens sets, for benchmarks. */
export const movieLensShapes = {
  "ml-100k": { seed: 42, users: 943, items: 1682, ratings: 100_000 },
  "ml-1m": { seed: 42, users: 6040, items: 3706, ratings: 1_000_209 },
  "ml-10m": { seed: 42, users: 69_878, items: 10_677, ratings: 10_000_054 },
  "ml-20m": { seed: 42, users: 138_493, items: 26_744, ratings: 20_000_263 },
  "ml-25m": { seed: 42, users: 162_541, items: 59_047, ratings: 25_000_095 },
} as const satisfies Record<string, SampleShape>;

// 2010-01-01 … 2019-12-31: after every invented film's year.
const worldStart = 1_262_304_000;
const worldSeconds = 315_532_800;
const bufferBytes = 1024 * 1024;

/** How much of the world's time has passed at `time` (Unix seconds): 0 … 1. People's drift counts from the middle. */
export function shareOfWorld(time: number): number {
  return (time - worldStart) / worldSeconds;
}

/**
 * Writes an invented world as `ratings.csv` and `movies.csv` in MovieLens' layout. The same shape and seed give the same
 * bytes anywhere: only integer arithmetic and the operations IEEE 754 rounds exactly (+ − × ÷ √) are used, no sin, exp or
 * pow. Memory grows with users and items, not with ratings. Throws RB_INVALID_INPUT, RB_CANCELLED.
 */
export async function generateSample(
  shape: SampleShape,
  directory: string,
  context?: WorkContext,
): Promise<{ ratingsPath: string; itemsPath: string }> {
  checkShape(shape);
  context?.onProgress({ done: 0, total: shape.ratings, unit: "ratings", message: "Inventing people and films" });
  await mkdir(directory, { recursive: true });
  const world = createItems(shape);
  const itemsPath = join(directory, "movies.csv");
  const ratingsPath = join(directory, "ratings.csv");
  await writeFileAtomic(itemsPath, itemsCsv(world));
  const temporary = join(directory, ".tmp-ratings.csv");
  try {
    await writeRatings(shape, world, temporary, context);
    await rename(temporary, ratingsPath);
  } finally {
    await rm(temporary, { force: true });
  }
  return { ratingsPath, itemsPath };
}

function itemsCsv(world: ItemWorld): string {
  const lines = world.items.map(({ title, year, genres }, index) => {
    const written = `${title} (${String(year)})`;
    return `${String(index + 1)},${written.includes(",") ? `"${written}"` : written},${genres.join("|")}`;
  });
  return `movieId,title,genres\n${lines.join("\n")}\n`;
}

async function writeRatings(
  shape: SampleShape,
  world: ItemWorld,
  path: string,
  context: WorkContext | undefined,
): Promise<void> {
  const file = await open(path, "w");
  const buffer = Buffer.allocUnsafe(bufferBytes + 256);
  try {
    let used = buffer.write("userId,movieId,rating,timestamp\n", "latin1");
    let done = 0;
    const counts = ratingsPerUser(shape);
    const drawer = createDrawer(shape, world);
    for (let user = 0; user < shape.users; user++) {
      for (const line of drawer(user, counts[user] ?? 0)) {
        used += buffer.write(line, used, "latin1");
        done++;
        if (used < bufferBytes) continue;
        await file.writeFile(buffer.subarray(0, used));
        used = 0;
        throwIfAborted(context?.signal);
        context?.onProgress({ done, total: shape.ratings, unit: "ratings", message: "Inventing ratings" });
      }
    }
    await file.writeFile(buffer.subarray(0, used));
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Draws a user's ratings, in the order of time. */
function createDrawer(shape: SampleShape, world: ItemWorld): (user: number, count: number) => Generator<string> {
  /** user + 1 where this user has rated the item already. */
  const rated = new Uint32Array(shape.items);
  return function* (user, count) {
    const random = stream(shape.seed, "behaviour", user);
    const taste = userTaste(shape.seed, user);
    const start = 0.8 * random.unit();
    const span = (1 - start) * (0.1 + 0.9 * random.unit());
    for (let n = 0; n < count; n++) {
      const item = drawItem(world, random, taste.factors, (candidate) => rated[candidate] === user + 1);
      rated[item] = user + 1;
      const moment = start + (span * (n + random.unit())) / count;
      yield `${String(user + 1)},${String(item + 1)},${stars(score(world, taste, item, moment) + plantedNoise * random.normal())},${String(worldStart + Math.floor(moment * worldSeconds))}\n`;
    }
  };
}

type Draws = ReturnType<typeof stream>;

/** By popularity, and rather what one will like; past twenty refusals the next one not yet rated. */
function drawItem(world: ItemWorld, random: Draws, factors: Float64Array, isRated: (item: number) => boolean): number {
  const { cumulative } = world;
  const total = cumulative[cumulative.length - 1] ?? 1;
  let item = 0;
  for (let attempt = 0; attempt < 20; attempt++) {
    item = firstAbove(cumulative, random.unit() * total);
    if (isRated(item)) continue;
    if (random.unit() < 0.5 + 0.4 * affinity(world, factors, item)) return item;
  }
  while (isRated(item)) item = (item + 1) % cumulative.length;
  return item;
}

function firstAbove(cumulative: Float64Array, value: number): number {
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cumulative[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

function affinity(world: ItemWorld, factors: Float64Array, item: number): number {
  let sum = 0;
  for (let f = 0; f < plantedFactors; f++) sum += (factors[f] ?? 0) * (world.factors[item * plantedFactors + f] ?? 0);
  return sum;
}

function score(world: ItemWorld, taste: ReturnType<typeof userTaste>, item: number, moment: number): number {
  const drifted = affinity(world, taste.drift, item) * (moment - 0.5);
  return plantedMean + taste.bias + (world.bias[item] ?? 0) + affinity(world, taste.factors, item) + drifted;
}

const written = ["0.5", "1.0", "1.5", "2.0", "2.5", "3.0", "3.5", "4.0", "4.5", "5.0"] as const;

function stars(value: number): string {
  return written[Math.min(9, Math.max(0, Math.round(2 * value) - 1))] ?? "0.5";
}
