import { mkdir } from "node:fs/promises";
import type { CatalogueItem } from "../contract/entities.ts";
import { nodeProcessHost } from "../jobs/process-host.ts";
import { encodeBundle } from "../models/bundle.ts";
import type { FactorModel } from "../models/servable.ts";
import type { History } from "../production/histories.ts";
import { writeBundleFolder } from "../training/bundle-folder.ts";
import type { PublishRequest } from "./publish-request.ts";

export interface Shape {
  readonly seed: number;
  readonly users?: number;
  readonly items?: number;
  readonly factors?: number;
  readonly ndcg?: number;
  readonly snapshotId?: string;
}

/** A small deterministic model with its data, written as a bundle, and the request that publishes it. */
export async function publicationOf(
  shape: Shape,
  directory: string,
  target: PublishRequest["target"],
): Promise<PublishRequest> {
  const { users = 40, items = 90, factors = 6, seed, ndcg = 0.3 } = shape;
  const snapshotId = shape.snapshotId ?? `s${users}x${items}`;
  const next = generator(seed);
  const uniform = (length: number) => Float32Array.from({ length }, () => next() - 0.5);
  const model: FactorModel = {
    form: "factors",
    users,
    items,
    factors,
    globalMean: 3.5,
    userBias: uniform(users),
    itemBias: uniform(items),
    userFactors: uniform(users * factors),
    itemFactors: uniform(items * factors),
    foldIn: { kind: "ridge", regularization: 0.05, biasRegularization: 0.02 },
    predictsRatings: true,
    scale: { minimum: 0.5, maximum: 5 },
  };
  // Ids with leading zeros, blanks, slashes, quotes and letters of other scripts, in byte order.
  const userIds = Array.from({ length: users }, (_, u) => `0${String(u).padStart(5, "0")} {ü}/"映`);
  const itemIds = Array.from({ length: items }, (_, i) => `${String(i).padStart(6, "0")}é`);
  const metrics = [
    {
      metric: "ndcg@10",
      definition: "1",
      value: ndcg,
      interval: { low: ndcg - 0.01, high: ndcg + 0.01, level: 0.95 },
      users,
      higherIsBetter: true,
    },
  ];
  const runId = `run-${seed}`;
  const splitId = `p${"1".repeat(20)}`;
  const files = encodeBundle({
    model,
    userIds,
    itemIds,
    description: {
      algorithm: "biased-svd",
      hyperparameters: { factors },
      seed,
      runId,
      snapshotId,
      splitId,
      refitOf: null,
      metrics,
      codeVersion: "test",
    },
  });
  await mkdir(directory, { recursive: true });
  const bundleDirectory = `${directory}/bundle-${seed}`;
  await writeBundleFolder(bundleDirectory, files);
  const dataRandom = generator(7);
  const histories: History[] = userIds.map((userId) => {
    const rated = Array.from({ length: 8 }, (_, k) => itemIds[Math.floor(((k + dataRandom()) * items) / 8)] ?? "");
    return {
      userId,
      itemIds: rated,
      ratings: rated.map(() => 0.5 + Math.floor(dataRandom() * 10) / 2),
      times: rated.map(() => (dataRandom() < 0.1 ? null : 1_500_000_000)),
    };
  });
  const catalogue: CatalogueItem[] = itemIds.map((itemId, i) => ({
    itemId,
    title: i % 9 === 0 ? null : `Film ${i} (it's "quoted")`,
    year: i % 7 === 0 ? null : 1950 + i,
    genres: i % 2 === 0 ? ["Drama", "Comedy"] : [],
  }));
  return {
    target,
    bundleDirectory,
    run: { id: runId, algorithm: "biased-svd", snapshotId, splitId, modelHash: null },
    evaluation: {
      runId,
      splitId,
      protocol: { protocol: "random", testShare: 0.2 },
      seed,
      codeVersion: "test",
      metrics,
    },
    catalogue,
    historyShape: { users, ratings: histories.reduce((sum, { itemIds: rated }) => sum + rated.length, 0) },
    histories: () => histories,
    overrideGates: false,
    probes: 12,
    processHost: nodeProcessHost,
  };
}

/** Mulberry32. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
