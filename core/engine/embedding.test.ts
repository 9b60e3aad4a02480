import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { memoryPorts } from "../contract/memory-port.ts";
import { connect, runJob, serveEngine } from "../contract/transport.ts";
import type { Transport } from "../contract/transport.ts";
import type { FilmMapPage } from "../contract/embedding.ts";
import { openEngine } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { nodeProcessHost } from "../jobs/process-host.ts";

let folder: string;
let engine: Engine;
let transport: Transport;
let snapshotId: string;
let splitId: string;

const trained = async (algorithm: string, hyperparameters: Record<string, number> = {}) =>
  (await runJob(transport, "runs.train", { splitId, algorithm, hyperparameters })).runId;

async function allFilms(runId: string, method: "pca" | "umap" = "pca"): Promise<FilmMapPage[]> {
  const pages: FilmMapPage[] = [];
  for (let offset = 0; ; offset += 60) {
    const page = await transport.request("embedding.films", { runId, method, offset, limit: 60 });
    pages.push(page);
    if (offset + 60 >= page.total) return pages;
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "reelbench-map-"));
  engine = await openEngine({ workspaceDirectory: folder, processHost: nodeProcessHost, threads: 1 });
  const [front, back] = memoryPorts();
  serveEngine(engine, back);
  transport = connect(front);
  ({ snapshotId } = await runJob(transport, "sample.create", { users: 120, items: 150, ratings: 5000 }));
  ({ splitId } = await runJob(transport, "splits.create", { snapshotId, protocol: { protocol: "random" } }));
}, 180_000);
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("the map of a model's films", () => {
  it("holds every film the model learned about, the most rated first, with its error on held-out ratings", async () => {
    const runId = await trained("biased-svd", { factors: 6, epochs: 5 });
    expect((await transport.request("embedding.get", { runId })).map).toBeNull();
    await expect(transport.request("embedding.films", { runId })).rejects.toMatchObject({ code: "RB_NOT_FOUND" });
    const made = await runJob(transport, "embedding.make", { runId });
    const { map } = await transport.request("embedding.get", { runId });
    expect(map).toMatchObject({ runId, method: "pca", films: made.films, known: made.films, factors: 6 });
    expect((map?.explained?.[0] ?? 0) >= (map?.explained?.[1] ?? 1)).toBe(true);

    const pages = await allFilms(runId);
    const itemIds = pages.flatMap((page) => page.itemIds);
    const ratings = pages.flatMap((page) => page.ratings);
    expect(new Set(itemIds).size).toBe(made.films);
    expect(ratings).toEqual([...ratings].sort((a, b) => b - a));
    const split = await transport.request("splits.get", { splitId });
    expect(ratings.reduce((sum, count) => sum + count, 0)).toBe(split.train);

    // The films' errors, weighted by their held-out ratings, are the run's own error on them.
    const errors = pages.flatMap((page) => page.errors);
    const tested = pages.flatMap((page) => page.tested);
    const overall =
      errors.reduce<number>((sum, error, at) => sum + (error ?? 0) * (tested[at] ?? 0), 0) /
      tested.reduce((sum, count) => sum + count, 0);
    const run = await transport.request("runs.get", { runId });
    const mae = run.metrics.find(({ metric }) => metric === "mae")?.value ?? NaN;
    expect(map?.error.measure).toBe("mae");
    const outside = split.test - tested.reduce((sum, count) => sum + count, 0);
    expect(Math.abs(overall - mae)).toBeLessThan(0.001 + (2 * outside) / split.test);
    expect(tested.every((count, at) => (count === 0) === (errors[at] === null))).toBe(true);
  }, 60_000);

  it("tells of a model of lists how often it misses what was held out", async () => {
    const runId = await trained("puresvd", { factors: 8 });
    await runJob(transport, "embedding.make", { runId });
    const { map } = await transport.request("embedding.get", { runId });
    expect(map?.error).toMatchObject({ measure: "miss-rate", cutoff: 10 });
    const pages = await allFilms(runId);
    const [tested, errors] = [pages.flatMap((page) => page.tested), pages.flatMap((page) => page.errors)];
    const hits = errors.reduce<number>((sum, error, at) => sum + (1 - (error ?? 1)) * (tested[at] ?? 0), 0);
    // The evaluation's own precision: hits of lists of ten, a user.
    const run = await transport.request("runs.get", { runId });
    const precision = run.metrics.find(({ metric }) => metric === "precision@10")?.value ?? NaN;
    const users = map?.error.measure === "miss-rate" ? map.error.users : NaN;
    expect(hits / (10 * users)).toBeCloseTo(precision, 3);
  }, 60_000);

  it("is kept with the run, made again when damaged, and gone with the run", async () => {
    const runId = await trained("puresvd", { factors: 5 });
    await runJob(transport, "embedding.make", { runId, method: "umap", seed: 5 });
    const before = await allFilms2(runId);
    const maps = join(folder, "runs", runId, "maps");
    expect(readdirSync(maps)).toEqual(["umap-5.bin"]);
    // As a kill in the middle of a write and a bad disk would leave it.
    writeFileSync(join(maps, ".tmp-0123456789ab"), "half");
    const bytes = readFileSync(join(maps, "umap-5.bin"));
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 255;
    writeFileSync(join(maps, "umap-5.bin"), bytes);
    expect((await transport.request("embedding.get", { runId, method: "umap", seed: 5 })).map).toBeNull();
    await runJob(transport, "embedding.make", { runId, method: "umap", seed: 5 });
    expect(readdirSync(maps)).toEqual(["umap-5.bin"]);
    expect(await allFilms2(runId)).toEqual(before);
    await transport.request("runs.delete", { runId });
    expect(existsSync(maps)).toBe(false);

    async function allFilms2(id: string) {
      return transport.request("embedding.films", { runId: id, method: "umap", seed: 5 });
    }
  }, 120_000);

  it("is refused, with the reason, where a model has no factors of films", async () => {
    for (const [algorithm, reason] of [
      ["popularity", /one number/],
      ["ease", /weights between pairs/],
    ] as const) {
      const runId = await trained(algorithm);
      const refusal = { code: "RB_NO_ITEM_FACTORS", message: expect.stringMatching(reason) as string };
      await expect(transport.request("embedding.get", { runId })).rejects.toMatchObject(refusal);
      await expect(runJob(transport, "embedding.make", { runId })).rejects.toMatchObject(refusal);
    }
  }, 60_000);

  it("says of a refit that nothing is held out", async () => {
    const { runId } = await runJob(transport, "runs.refit", { runId: await trained("puresvd", { factors: 4 }) });
    await runJob(transport, "embedding.make", { runId });
    const { map } = await transport.request("embedding.get", { runId });
    expect(map?.error).toMatchObject({ measure: null });
    expect((await allFilms(runId)).flatMap(({ errors }) => errors).every((error) => error === null)).toBe(true);
  }, 60_000);

  it("stops when cancelled and leaves nothing", async () => {
    const runId = await trained("puresvd", { factors: 7 });
    mkdirSync(join(folder, "runs", runId), { recursive: true });
    const stop = new AbortController();
    const making = runJob(
      transport,
      "embedding.make",
      { runId, method: "umap" },
      {
        signal: stop.signal,
        onProgress: ({ unit }) => unit === "epochs" && stop.abort(),
      },
    );
    await expect(making).rejects.toMatchObject({ code: "RB_CANCELLED" });
    expect(existsSync(join(folder, "runs", runId, "maps"))).toBe(false);
  }, 60_000);
});
