import { ReelbenchError } from "../contract/errors.ts";
import { createRandom } from "../random.ts";
import { createTitles, sampleGenres } from "./sample-titles.ts";

export interface SampleShape {
  readonly seed: number;
  readonly users: number;
  readonly items: number;
  readonly ratings: number;
}

/** Dimensions of the planted structure. */
export const plantedFactors = 4;

/**
 * The truth behind the ratings: before noise, drift and rounding to half stars,
 * rating(u, i) = mean + userBias[u] + itemBias[i] + userFactors[u] · itemFactors[i].
 */
export interface PlantedTruth {
  readonly factors: number;
  readonly mean: number;
  /** Standard deviation of the noise added to every rating. */
  readonly noise: number;
  readonly userBias: Float64Array;
  readonly itemBias: Float64Array;
  /** [users × factors], row-major. */
  readonly userFactors: Float64Array;
  /** [items × factors], row-major. */
  readonly itemFactors: Float64Array;
}

export interface SampleItem {
  readonly title: string;
  readonly year: number;
  readonly genres: readonly string[];
}

export interface ItemWorld {
  readonly items: readonly SampleItem[];
  readonly bias: Float64Array;
  readonly factors: Float64Array;
  /** Sum of the popularities of items 0 … i: for drawing by popularity. */
  readonly cumulative: Float64Array;
}

export interface UserTaste {
  readonly bias: number;
  readonly factors: Float64Array;
  /** Change of the factors from the first to the last moment of the world. */
  readonly drift: Float64Array;
}

export const plantedMean = 3.2;
export const plantedNoise = 0.55;

const streams = {
  items: 0x1f123bb5,
  genres: 0x5bd1e995,
  users: 0x27d4eb2f,
  activity: 0x165667b1,
  behaviour: 0x85ebca6b,
} as const;

/** Independent numbers for each purpose and index, so that one user's can be had without those before. */
export function stream(seed: number, purpose: keyof typeof streams, index = 0) {
  return createRandom((Math.imul(seed ^ streams[purpose], 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca77)) >>> 0);
}

/** Throws RB_INVALID_INPUT when the ratings would fill more than half of the matrix. */
export function checkShape({ users, items, ratings }: SampleShape): void {
  if (users < 2 || items < 2 || ratings < 1 || ratings > (users * items) / 2) {
    throw new ReelbenchError(
      "RB_INVALID_INPUT",
      `${String(ratings)} ratings are too many for ${String(users)} users and ${String(items)} items: at most half of all pairs can be rated.`,
    );
  }
}

/** Each genre points somewhere in taste space; films lean towards their genres, people towards a few of them. */
function genreDirections(seed: number): Float64Array {
  const random = stream(seed, "genres");
  return new Float64Array(sampleGenres.length * plantedFactors).map(() => random.normal());
}

export function createItems(shape: SampleShape): ItemWorld {
  const random = stream(shape.seed, "items");
  const directions = genreDirections(shape.seed);
  const nextTitle = createTitles(random);
  const items: SampleItem[] = [];
  const bias = new Float64Array(shape.items);
  const factors = new Float64Array(shape.items * plantedFactors);
  const cumulative = new Float64Array(shape.items);
  const rank = shuffled(shape.items, random.below);
  const flat = 4 + shape.items / 60;
  let total = 0;
  for (let i = 0; i < shape.items; i++) {
    const chosen = drawGenres(random.below);
    items.push({
      title: nextTitle(),
      year: 1931 + Math.floor(79 * Math.sqrt(random.unit())),
      genres: chosen.map((genre) => sampleGenres[genre] ?? ""),
    });
    // Long tail: popularity falls as one over the rank (Zipf), flattened at the head.
    total += 1 / (flat + (rank[i] ?? 0));
    cumulative[i] = total;
    // What many watch is a little better liked.
    bias[i] = 0.35 * random.normal() + 0.35 * (0.5 - (rank[i] ?? 0) / shape.items);
    for (let f = 0; f < plantedFactors; f++) {
      const leaning =
        chosen.reduce((sum, genre) => sum + (directions[genre * plantedFactors + f] ?? 0), 0) / chosen.length;
      factors[i * plantedFactors + f] = 0.55 * leaning + 0.25 * random.normal();
    }
  }
  return { items, bias, factors, cumulative };
}

function drawGenres(below: (n: number) => number): number[] {
  const genres = new Set<number>();
  const wanted = 1 + below(3);
  while (genres.size < wanted) genres.add(below(sampleGenres.length));
  return [...genres].sort((a, b) => a - b);
}

function shuffled(count: number, below: (n: number) => number): Uint32Array {
  const order = new Uint32Array(count).map((_, index) => index);
  for (let i = count - 1; i > 0; i--) {
    const other = below(i + 1);
    const kept = order[i] ?? 0;
    order[i] = order[other] ?? 0;
    order[other] = kept;
  }
  return order;
}

const clusters = 12;
/** Standard deviations of people: of their bias, of their cluster's factors, of their own factors around these, of their drift. */
const userSpread = { bias: 0.35, cluster: 0.6, own: 0.4, drift: 0.25 };

/** The variances from which people are drawn, for an oracle to know; factors and drift for each dimension. */
export function plantedPriors(): {
  readonly userBias: number;
  readonly userFactors: number;
  readonly userDrift: number;
} {
  const { bias, cluster, own, drift } = userSpread;
  return { userBias: bias * bias, userFactors: cluster * cluster + own * own, userDrift: drift * drift };
}

/** One person: a member of a cluster of taste, with a mind of their own. */
export function userTaste(seed: number, user: number): UserTaste {
  const random = stream(seed, "users", user);
  const cluster = random.below(clusters);
  const centre = stream(seed, "users", -2 - cluster);
  const bias = userSpread.bias * random.normal();
  const factors = new Float64Array(plantedFactors);
  const drift = new Float64Array(plantedFactors);
  for (let f = 0; f < plantedFactors; f++) {
    factors[f] = userSpread.cluster * centre.normal() + userSpread.own * random.normal();
    drift[f] = userSpread.drift * random.normal();
  }
  return { bias, factors, drift };
}

/** How many ratings each user gives: a long tail, adding up to the shape's ratings exactly. */
export function ratingsPerUser(shape: SampleShape): Uint32Array {
  const random = stream(shape.seed, "activity");
  const weights = new Float64Array(shape.users).map(() => 1 / (0.02 + random.unit()));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const most = Math.max(1, Math.floor(shape.items * 0.75));
  const counts = new Uint32Array(shape.users);
  let before = 0;
  let given = 0;
  for (let user = 0; user < shape.users; user++) {
    before += weights[user] ?? 0;
    counts[user] = Math.min(most, Math.max(0, Math.floor((before / total) * shape.ratings) - given));
    given += counts[user] ?? 0;
  }
  for (let user = 0; given < shape.ratings; user = (user + 1) % shape.users) {
    if ((counts[user] ?? 0) >= most) continue;
    counts[user] = (counts[user] ?? 0) + 1;
    given++;
  }
  return counts;
}

/** The planted structure of a sample, for checking what models recover of it. Item i has the id i + 1, user u u + 1. */
export function plantedTruth(shape: SampleShape): PlantedTruth {
  const world = createItems(shape);
  const userBias = new Float64Array(shape.users);
  const userFactors = new Float64Array(shape.users * plantedFactors);
  for (let user = 0; user < shape.users; user++) {
    const taste = userTaste(shape.seed, user);
    userBias[user] = taste.bias;
    userFactors.set(taste.factors, user * plantedFactors);
  }
  return {
    factors: plantedFactors,
    mean: plantedMean,
    noise: plantedNoise,
    userBias,
    itemBias: world.bias,
    userFactors,
    itemFactors: world.factors,
  };
}
