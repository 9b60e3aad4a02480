/** The workspaces that the screenshots are taken of: each is filled once, through the engine, as a front would. */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inEngine, multiplyRuns } from "../../bench/many-runs.ts";
import type { JobMethod, MethodInput } from "../../core/contract/methods.ts";
import { runJob } from "../../core/contract/transport.ts";
import type { Transport } from "../../core/contract/transport.ts";
import { movieLensShapes } from "../../core/ratings/sample.ts";
import { workspacePaths } from "../../core/workspace/paths.ts";

export const workspaceNames = ["empty", "sample", "large", "error"] as const;
export type WorkspaceName = (typeof workspaceNames)[number];

const sampleShape = { users: 600, items: 900, ratings: 45_000 };
const brokenShape = { users: 200, items: 300, ratings: 12_000 };
const largeRuns = 400;
/** The snapshot with attributes of users and tags of films. */
export const clubSnapshot = "Film club, as it came";

/** Fills the workspace where it is not there yet. `files`: beside the workspaces, for what is imported. */
export async function fillWorkspace(name: WorkspaceName, directory: string, files: string): Promise<void> {
  writeMessyRatings(files);
  if (name === "empty" || existsSync(join(directory, "workspace.sqlite"))) return;
  mkdirSync(directory, { recursive: true });
  if (name === "sample") await inEngine(directory, (transport) => fillSample(transport, files));
  if (name === "large") {
    await inEngine(directory, fillLarge);
    await multiplyRuns(directory, largeRuns);
  }
  if (name === "error") {
    await inEngine(directory, (transport) => fillBroken(transport, files));
    damage(directory);
  }
}

export const messyRatings = (files: string) => join(files, "club-ratings.csv");
export const notRatings = (files: string) => join(files, "minutes-of-the-meeting.txt");

/**
 * Ratings as people send them: most are fine, some are not numbers, some lie outside the scale, some are there twice. Beside them
 * what is known of the films and the members, and the tags that they gave.
 */
function writeMessyRatings(files: string): void {
  mkdirSync(files, { recursive: true });
  const lines = Array.from({ length: 1200 }, (_, n) => {
    const rating = n % 97 === 0 ? "five" : n % 61 === 0 ? "" : String(1 + ((n * n + Math.floor(n / 60)) % 5));
    const film = n % 143 === 0 ? "" : String(1 + ((n * 7) % 83));
    return `member-${String(n % 60)},${film},${rating},${String(1_500_000_000 + n * 3600)}`;
  });
  writeFileSync(messyRatings(files), `userId,movieId,rating,timestamp\n${lines.join("\n")}\n${lines[5] ?? ""}\n`);
  const table = (name: string, header: string, rows: number, row: (n: number) => string) =>
    writeFileSync(join(files, name), `${[header, ...Array.from({ length: rows }, (_, n) => row(n))].join("\n")}\n`);
  table("movies.csv", "movieId,title,genres", 83, (n) => `${String(n)},${clubTitle(n)},${pick(clubGenres, n)}`);
  table("users.csv", "userId,age,occupation,plan", 60, (n) =>
    [`member-${String(n)}`, 18 + ((n * 11) % 50), pick(clubOccupations, n), n % 3 === 0 ? "free" : "paid"].join(","),
  );
  table("tags.csv", "userId,movieId,tag", 400, (n) =>
    [`member-${String(n % 60)}`, (n * 7) % 83, pick(clubTags, n * 5 + (n % 4))].join(","),
  );
  writeFileSync(notRatings(files), "Minutes of the meeting\n\nNobody came.\n");
}

const clubGenres = ["Drama", "Comedy|Romance", "Crime|Drama|Mystery", "Animation|Children", "Documentary"];
const clubOccupations = ["writer", "engineer", "student", "retired", "lawyer", "nurse", "farmer"];
const clubTags = ["slow", "based on a book", "black and white", "twist ending", "great soundtrack", "seen twice"];
const pick = (words: readonly string[], n: number) => words[n % words.length] ?? "";

function clubTitle(n: number): string {
  const first = pick(["The Last", "A Quiet", "Beyond the", "Letters from the", "One More"], n);
  return `${first} ${pick(["Harbour", "Winter", "Projectionist", "Orchard", "Border", "Understudy", "Lighthouse"], n * 3)} (${String(1950 + ((n * 13) % 70))})`;
}

async function splitOf(transport: Transport, snapshotId: string): Promise<string> {
  const [proposal] = await transport.request("splits.propose", { snapshotId });
  const protocol = proposal?.protocol ?? { protocol: "random" };
  return (await runJob(transport, "splits.create", { snapshotId, protocol })).splitId;
}

async function fillSample(transport: Transport, files: string): Promise<void> {
  const job = <M extends JobMethod>(method: M, input: MethodInput<M>) => runJob(transport, method, input);
  const { sourceId, snapshotId } = await job("sample.create", sampleShape);
  const club = await job("sources.import", {
    path: messyRatings(files),
    name: "Film club",
    usersPath: join(files, "users.csv"),
    tagsPath: join(files, "tags.csv"),
  });
  const members = await job("snapshots.create", { sourceIds: [club.sourceId], name: clubSnapshot });
  const clubSplit = await splitOf(transport, members.snapshotId);
  for (const training of [{ algorithm: "popularity" }, { algorithm: "biases" }])
    await job("runs.train", { splitId: clubSplit, ...training, name: `Club, ${training.algorithm}` });
  await job("snapshots.create", {
    sourceIds: [sourceId],
    name: "Sample, 20-core",
    recipe: [{ step: "k-core", k: 20 }],
  });
  const splitId = await splitOf(transport, snapshotId);
  const trained: string[] = [];
  for (const training of [
    { algorithm: "popularity" },
    { algorithm: "biases" },
    { algorithm: "puresvd", hyperparameters: { factors: 16 } },
    { algorithm: "biased-svd", hyperparameters: { factors: 16, epochs: 20 } },
    { algorithm: "ials", hyperparameters: { factors: 16, epochs: 8 }, name: "iALS for the front page" },
  ])
    trained.push((await job("runs.train", { splitId, ...training })).runId);
  const [popularity, , , svd, ials] = trained;
  if (popularity === undefined || svd === undefined || ials === undefined) throw new Error("Not all was trained.");
  await transport.request("runs.annotate", { runId: ials, note: "What the club liked best.", tags: ["candidate"] });
  await job("searches.start", {
    splitId,
    algorithm: "puresvd",
    trials: 8,
    name: "How many factors",
    sampler: { sampler: "random" },
  });
  await transport.request("models.register", { runId: svd, model: "ratings" });
  const [target] = await transport.request("targets.list", {});
  if (target === undefined) throw new Error("There is no local target.");
  for (const runId of [popularity, ials])
    await job("publish.run", { runId, targetId: target.id, overrideGates: true, probes: 20 });
  const [newest] = await transport.request("models.list", {});
  if (newest === undefined) throw new Error("Nothing was registered.");
  const modelId = newest.version.id;
  await transport.request("models.annotate", {
    modelId,
    note: "Ready for the spring.",
    intendedUse: "The front page.",
  });
  await transport.request("models.alias", { modelId, aliases: ["champion"] });
}

/**
 * As little as puts something on every view: for who looks at what is on them, not at how it looks. Nothing is published, which
 * takes as long as all the rest.
 */
export async function fillSmall(directory: string, files: string): Promise<void> {
  writeMessyRatings(files);
  mkdirSync(directory, { recursive: true });
  await inEngine(directory, async (transport) => {
    const { sourceId, snapshotId } = await runJob(transport, "sample.create", {
      users: 150,
      items: 200,
      ratings: 8000,
    });
    await runJob(transport, "sources.import", { path: messyRatings(files), name: "Film club" });
    const recipe = [{ step: "k-core" as const, k: 12 }];
    await runJob(transport, "snapshots.create", { sourceIds: [sourceId], name: "Sample, 12-core", recipe });
    const splitId = await splitOf(transport, snapshotId);
    for (const training of [
      { algorithm: "popularity" },
      { algorithm: "puresvd", hyperparameters: { factors: 8 } },
      { algorithm: "biased-svd", hyperparameters: { factors: 8, epochs: 5 } },
    ]) {
      const { runId } = await runJob(transport, "runs.train", { splitId, ...training });
      await transport.request("models.register", { runId });
    }
    const search = { splitId, algorithm: "puresvd", trials: 2, name: "How many factors" };
    await runJob(transport, "searches.start", { ...search, sampler: { sampler: "random" } });
  });
}

async function fillLarge(transport: Transport): Promise<void> {
  const { users, items, ratings } = movieLensShapes["ml-1m"];
  const { snapshotId } = await runJob(transport, "sample.create", { users, items, ratings });
  const splitId = await splitOf(transport, snapshotId);
  for (const training of [
    { algorithm: "popularity" },
    { algorithm: "puresvd", hyperparameters: { factors: 8 } },
    { algorithm: "biased-svd", hyperparameters: { factors: 8, epochs: 5 } },
  ])
    await runJob(transport, "runs.train", { splitId, ...training });
  const { rows } = await transport.request("models.candidates", {});
  for (const { id } of rows) await transport.request("models.register", { runId: id });
}

/** Two splits whose runs cannot be compared, jobs that failed, a target that nobody answers at. */
async function fillBroken(transport: Transport, files: string): Promise<void> {
  const { sourceId, snapshotId } = await runJob(transport, "sample.create", brokenShape);
  const splitIds: string[] = [];
  for (const seed of [1, 2])
    splitIds.push(
      (await runJob(transport, "splits.create", { snapshotId, protocol: { protocol: "random" }, seed })).splitId,
    );
  for (const splitId of splitIds) await runJob(transport, "runs.train", { splitId, algorithm: "puresvd" });
  const [run] = await transport.request("runs.list", {});
  if (run === undefined) throw new Error("Nothing was trained.");
  await transport.request("models.register", { runId: run.id });
  const { id: targetId } = await transport.request("targets.save", {
    name: "Cinema",
    postgres: "postgres://films@127.0.0.1:9/films",
    redis: null,
  });
  const failures: Promise<unknown>[] = [
    runJob(transport, "sources.import", { path: notRatings(files) }),
    runJob(transport, "publish.run", { runId: run.id, targetId, overrideGates: true }),
    runJob(transport, "snapshots.create", { sourceIds: [sourceId], recipe: [{ step: "k-core", k: 1000 }] }),
  ];
  await Promise.allSettled(failures);
}

/** What a failing disk leaves: files of snapshots cut short, models gone. */
function damage(directory: string): void {
  const { snapshots, runs } = workspacePaths(directory);
  for (const path of filesIn(snapshots))
    if (/\.(parquet|bin|f32|i32)$/.test(path)) truncateSync(path, Math.floor(statSync(path).size / 2));
  for (const path of filesIn(runs))
    if (/model/.test(path) || path.endsWith(".safetensors")) rmSync(path, { force: true });
}

function filesIn(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((entry) => join(directory, entry))
    .filter((path) => statSync(path).isFile());
}
