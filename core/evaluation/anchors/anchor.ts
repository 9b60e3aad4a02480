import type { Hyperparameters } from "../../contract/entities.ts";
import { ReelbenchError } from "../../contract/errors.ts";
import type { ErrorCode } from "../../contract/errors.ts";
import { algorithms, parseHyperparameters } from "../../models/registry.ts";
import type { AnchorRatings } from "./anchor-ratings.ts";
import type { DatasetId } from "./datasets.ts";

/**
 * A published table with its protocol, so that it can be rerun on data that the user has. What is published stands here with
 * its source; nothing from memory.
 */
export interface Anchor {
  readonly id: string;
  readonly title: string;
  readonly citation: string;
  readonly url: string;
  /** What is trained on and tested, and what is averaged. */
  readonly protocol: string;
  /** What to beware of when reading the figures. */
  readonly warning: string | null;
  readonly datasets: readonly DatasetId[];
  readonly metrics: readonly AnchorMetric[];
  readonly rows: readonly AnchorRow[];
  /** Beyond the data's shape; null where the data will do, else why not, in words. */
  readonly unfit?: (ratings: AnchorRatings) => string | null;
  readonly measure: (ratings: AnchorRatings, row: AnchorRow, context: AnchorContext) => Promise<Measured>;
}

export interface AnchorMetric {
  readonly metric: string;
  /** The convention, in words: what it is divided by, what counts. */
  readonly convention: string;
  readonly higherIsBetter: boolean;
}

export interface AnchorRow {
  readonly algorithm: string;
  /** As the publication calls it. */
  readonly name: string;
  readonly hyperparameters: Readonly<Record<string, number | boolean | string>>;
  /** On which dataset what was published; none: ours beside the others. */
  readonly published: Partial<Record<DatasetId, Readonly<Record<string, number>>>>;
}

export interface AnchorContext {
  readonly seed: number;
  readonly threads: number;
  readonly signal: AbortSignal;
  readonly say: (message: string) => void;
}

export interface Measured {
  readonly values: Readonly<Record<string, number>>;
  readonly hyperparameters: Hyperparameters;
}

export interface AnchorFigure {
  readonly metric: string;
  readonly ours: number;
  readonly published: number | null;
  /** ours − published */
  readonly difference: number | null;
}

export interface AnchorResult {
  readonly anchor: string;
  readonly dataset: DatasetId;
  readonly algorithm: string;
  readonly name: string;
  /** Empty where it could not be run: `problem` says why. */
  readonly figures: readonly AnchorFigure[];
  readonly hyperparameters: Hyperparameters;
  readonly seconds: number;
  readonly problem: string | null;
}

/** What a row's settings or data can bring about: told in its line, and the others go on. */
const rowProblems: readonly ErrorCode[] = [
  "RB_TRAIN_TOO_LARGE",
  "RB_TRAIN_DIVERGED",
  "RB_INVALID_INPUT",
  "RB_NOT_FOUND",
];

/** Reruns the rows of a protocol one after the other, of all algorithms or those named. Throws RB_CANCELLED. */
export async function* runAnchor(
  anchor: Anchor,
  dataset: DatasetId,
  ratings: AnchorRatings,
  context: AnchorContext & { readonly algorithms?: readonly string[] | undefined },
): AsyncGenerator<AnchorResult> {
  for (const row of anchor.rows) {
    if (context.algorithms !== undefined && !context.algorithms.includes(row.algorithm)) continue;
    context.say(`${anchor.title}: ${row.name}`);
    yield await runRow(anchor, dataset, ratings, row, context);
  }
}

async function runRow(
  anchor: Anchor,
  dataset: DatasetId,
  ratings: AnchorRatings,
  row: AnchorRow,
  context: AnchorContext,
): Promise<AnchorResult> {
  const started = performance.now();
  const base = { anchor: anchor.id, dataset, algorithm: row.algorithm, name: row.name };
  const seconds = () => (performance.now() - started) / 1000;
  try {
    const { values, hyperparameters } = await anchor.measure(ratings, row, context);
    const published = row.published[dataset];
    const figures = anchor.metrics.flatMap(({ metric }) => {
      const ours = values[metric];
      const theirs = published?.[metric] ?? null;
      if (ours === undefined) return [];
      return [{ metric, ours, published: theirs, difference: theirs === null ? null : ours - theirs }];
    });
    return { ...base, figures, hyperparameters, seconds: seconds(), problem: null };
  } catch (error) {
    if (!(error instanceof ReelbenchError) || !rowProblems.includes(error.code)) throw error;
    return { ...base, figures: [], hyperparameters: row.hyperparameters, seconds: seconds(), problem: error.message };
  }
}

/** The row's algorithm and its settings, complete. Throws RB_NOT_FOUND for an algorithm that is not built in. */
export function algorithmOf(row: AnchorRow) {
  const algorithm = algorithms.find(({ info }) => info.id === row.algorithm);
  if (algorithm === undefined) throw new ReelbenchError("RB_NOT_FOUND", `${row.name} is not built in.`);
  return { algorithm, hyperparameters: parseHyperparameters(algorithm, row.hyperparameters) };
}
