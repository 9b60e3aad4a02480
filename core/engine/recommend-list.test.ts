import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { memoryPorts } from "../contract/memory-port.ts";
import { connect, runJob, serveEngine } from "../contract/transport.ts";
import type { Transport } from "../contract/transport.ts";
import { openEngine } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { nodeProcessHost } from "../jobs/process-host.ts";

let folder: string;
let engine: Engine;
let transport: Transport;
let snapshotId: string;
let runId: string;
let userId: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "reelbench-lists-"));
  engine = await openEngine({ workspaceDirectory: folder, processHost: nodeProcessHost, threads: 1 });
  const [front, back] = memoryPorts();
  serveEngine(engine, back);
  transport = connect(front);
  ({ snapshotId } = await runJob(transport, "sample.create", { users: 120, items: 150, ratings: 5000 }));
  const { splitId } = await runJob(transport, "splits.create", { snapshotId, protocol: { protocol: "random" } });
  ({ runId } = await runJob(transport, "runs.train", {
    splitId,
    algorithm: "puresvd",
    hyperparameters: { factors: 8 },
  }));
  userId = (await transport.request("users.search", { snapshotId, limit: 1 }))[0]?.userId ?? "";
}, 180_000);
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("lists with filters and wishes", () => {
  it("are the model's own where nothing is wished, for a user and for a stranger", async () => {
    const plain = await transport.request("recommend.list", { runId, who: { userId }, explain: true });
    expect(plain.films).toEqual(await transport.request("recommend.forUser", { runId, userId, explain: true }));
    expect(plain.cost).toBeNull();
    const ratings = plain.films.slice(0, 2).map(({ itemId }) => ({ itemId, rating: 4 }));
    const stranger = await transport.request("recommend.list", { runId, who: { ratings } });
    expect(stranger.films).toEqual(await transport.request("recommend.foldIn", { runId, ratings, explain: false }));
  });

  it("hold only what passes the filter, still best first and numbered from 1", async () => {
    const { genres, years } = await transport.request("items.facets", { snapshotId });
    const genre = genres[0]?.genre ?? "";
    const yearFrom = (years?.from ?? 0) + 10;
    const { films } = await transport.request("recommend.list", {
      runId,
      who: { userId },
      n: 200,
      filter: { genres: [genre], yearFrom },
    });
    expect(films.length).toBeGreaterThan(3);
    expect(films.every((film) => film.genres.includes(genre) && (film.year ?? 0) >= yearFrom)).toBe(true);
    expect(films.map(({ rank }) => rank)).toEqual(films.map((_, at) => at + 1));
    const scores = films.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    const all = await transport.request("recommend.list", { runId, who: { userId }, n: 200 });
    const passing = all.films.filter((film) => film.genres.includes(genre) && (film.year ?? 0) >= yearFrom);
    expect(films.map(({ itemId }) => itemId)).toEqual(passing.map(({ itemId }) => itemId));
  });

  it("are more diverse, or newer, and say what that cost", async () => {
    const ask = (diversity: number, novelty: number) =>
      transport.request("recommend.list", { runId, who: { userId }, diversity, novelty });
    const [diverse, novel] = [await ask(0.8, 0), await ask(0, 0.8)];
    expect(diverse.cost?.diversity.after).toBeGreaterThan(diverse.cost?.diversity.before ?? 1);
    expect(novel.cost?.novelty.after).toBeGreaterThan(novel.cost?.novelty.before ?? Infinity);
    for (const { cost, films } of [diverse, novel]) {
      expect(cost?.scoreKept).toBeLessThan(1);
      expect(new Set(films.map(({ itemId }) => itemId)).size).toBe(10);
    }
  });

  it("films are named in the order asked, unknown ones left out", async () => {
    const some = (await transport.request("items.search", { snapshotId, limit: 3 })).map(({ itemId }) => itemId);
    const itemIds = [...some.toReversed(), "no such film"];
    const named = await transport.request("items.named", { snapshotId, itemIds });
    expect(named.map(({ itemId }) => itemId)).toEqual(some.toReversed());
    expect(named.every(({ title }) => title !== null)).toBe(true);
  });

  it("refuse whom the model does not know", async () => {
    await expect(transport.request("recommend.list", { runId, who: { userId: "nobody" } })).rejects.toMatchObject({
      code: "RB_NOT_FOUND",
    });
  });
});
