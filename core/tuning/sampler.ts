import type { SearchDimension, SearchSampler } from "../contract/searches.ts";
import { parzenEstimator } from "./parzen.ts";
import { randomStream } from "./random-stream.ts";
import type { RandomStream } from "./random-stream.ts";
import { scrambledSobol } from "./sobol.ts";
import { dependencyOrder, isActive, valueAt } from "./space.ts";
import type { Configuration } from "./space.ts";

/** A configuration and what it came to; a loss is to be small, +∞ where the training failed. */
export interface Observation {
  readonly configuration: Configuration;
  readonly loss: number;
}

export interface SuggestRequest {
  readonly space: readonly SearchDimension[];
  readonly sampler: SearchSampler;
  readonly seed: number;
  /** Which trial this is, 0, 1, …: with the seed it decides every random choice. */
  readonly trial: number;
  /** In the order of their trials. */
  readonly observations: readonly Observation[];
  /** Configurations under way, whose losses are not known yet. */
  readonly pending: readonly Configuration[];
}

/** The configuration of a trial. A pure function: the same request gives the same configuration. */
export function suggest(request: SuggestRequest): Configuration {
  const { space, sampler, seed, trial, observations } = request;
  switch (sampler.sampler) {
    case "random": {
      const random = randomStream(seed, trial);
      return draw(space, () => random.unit());
    }
    case "quasi-random":
      return draw(space, (dimension) => scrambledSobol(trial, dimension, seed));
    case "tpe":
      return observations.length < sampler.startup
        ? draw(space, (dimension) => scrambledSobol(trial, dimension, seed))
        : suggestByTpe(request);
  }
}

/** Every dimension has its own number whether it takes part or not, so that one trial's conditions shift no other's. */
function draw(space: readonly SearchDimension[], unitOf: (dimension: number) => number): Configuration {
  const units = new Map(space.map((dimension, at) => [dimension.name, unitOf(at)]));
  return fill(space, {}, (group) =>
    Object.fromEntries(group.map((dimension) => [dimension.name, valueAt(dimension, units.get(dimension.name) ?? 0)])),
  );
}

/** Groups of dimensions in the order of their conditions; those that take part are chosen together. */
function fill(
  space: readonly SearchDimension[],
  start: Configuration,
  choose: (group: readonly SearchDimension[], chosen: Configuration) => Configuration,
): Configuration {
  let chosen = start;
  for (const group of dependencyOrder(space)) {
    const [first] = group;
    if (first !== undefined && isActive(first, chosen)) chosen = { ...chosen, ...choose(group, chosen) };
  }
  return chosen;
}

/** Candidates of which the likeliest to be good is taken. */
const candidates = 24;

/**
 * Tree-structured Parzen estimator (Bergstra et al. 2011), over all dimensions of a group jointly (Falkner et al. 2018;
 * Optuna's `multivariate` and `group`): observations are parted into the best γ and the others, each part is estimated by
 * kernels, and of candidates drawn from the good part the one with the largest ratio of densities is taken. Trials under
 * way count among the others ("constant liar"), so that parallel trials keep apart.
 */
function suggestByTpe({ space, seed, trial, observations, pending }: SuggestRequest): Configuration {
  const { good, others } = partObservations(observations, pending);
  const random = randomStream(seed, trial, 1);
  return fill(space, {}, (group) => {
    const movable = group.filter((dimension) => !isSingle(dimension));
    const single = Object.fromEntries(
      group.filter(isSingle).map((dimension) => [dimension.name, valueAt(dimension, 0)]),
    );
    return movable.length === 0 ? single : { ...single, ...likeliest(movable, good, others, random) };
  });
}

function likeliest(
  group: readonly SearchDimension[],
  good: readonly Configuration[],
  others: readonly Configuration[],
  random: RandomStream,
): Configuration {
  const complete = (configuration: Configuration) => group.every(({ name }) => Object.hasOwn(configuration, name));
  const goodHere = good.filter(complete);
  const othersHere = others.filter(complete);
  const goodDensity = parzenEstimator(group, goodHere, ageWeights(goodHere.length));
  const otherDensity = parzenEstimator(group, othersHere, ageWeights(othersHere.length));
  let best: Configuration = {};
  let bestRatio = -Infinity;
  for (let n = 0; n < candidates; n++) {
    const candidate = goodDensity.sample(random);
    const ratio = goodDensity.logDensity(candidate) - otherDensity.logDensity(candidate);
    if (n === 0 || ratio > bestRatio) [best, bestRatio] = [candidate, ratio];
  }
  return best;
}

/** Optuna's γ: the best tenth, at most 25; of equal losses the earlier one is better. Both parts in the order of trials. */
export function partObservations(
  observations: readonly Observation[],
  pending: readonly Configuration[],
): { readonly good: Configuration[]; readonly others: Configuration[] } {
  const count = Math.min(Math.ceil(0.1 * observations.length), 25);
  const ranked = observations.map((_, at) => at).sort((a, b) => compareLosses(observations, a, b));
  const isGood = new Set(ranked.slice(0, count));
  const of = (wanted: boolean) =>
    observations.filter((_, at) => isGood.has(at) === wanted).map(({ configuration }) => configuration);
  return { good: of(true), others: [...of(false), ...pending] };
}

function compareLosses(observations: readonly Observation[], a: number, b: number): number {
  const [x, y] = [observations[a]?.loss ?? Infinity, observations[b]?.loss ?? Infinity];
  return x === y ? a - b : x - y;
}

/** Old observations fade: the last 25 count 1, those before from 1/n up (Bergstra et al. 2013). */
export function ageWeights(count: number): number[] {
  const fading = Math.max(0, count - 25);
  return Array.from({ length: count }, (_, at) => {
    if (at >= fading) return 1;
    return fading === 1 ? 1 / count : 1 / count + ((1 - 1 / count) * at) / (fading - 1);
  });
}

function isSingle(dimension: SearchDimension): boolean {
  return dimension.kind === "choice" ? dimension.choices.length === 1 : dimension.minimum === dimension.maximum;
}
