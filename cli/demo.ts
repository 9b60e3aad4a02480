import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Profile, Run, Snapshot, SplitProtocol } from "../core/contract/entities.ts";
import { ReelbenchError } from "../core/contract/errors.ts";
import type { Output } from "./command.ts";
import { targetOf } from "./commands/publishing.ts";
import { chooseBest } from "./demo/choose-best.ts";
import { fetchRatings, movieLensLatestSmall } from "./demo/get-ratings.ts";
import { checkParity } from "./demo/parity.ts";
import { createServerClient } from "./demo/server-client.ts";
import { describeComparison, describeProfile, describeSource, describeSplit, titleOf } from "./describe.ts";
import { withSession, workspaceOf } from "./session.ts";
import type { Session } from "./session.ts";
import { formatTable } from "./table.ts";
import type { Terminal } from "./terminal.ts";

export interface DemoFlags {
  readonly ratings?: string;
  readonly postgres?: string;
  readonly redis?: string;
}

interface DemoOptions extends DemoFlags {
  readonly workspace?: string;
  readonly json?: boolean;
  readonly threads?: number;
}

const algorithms = ["popularity", "biases", "biased-svd", "puresvd"];
const listLength = 5;

/**
 * The main job from ratings to HTTP answers, telling what it does. The workspace is kept. Anything that goes wrong ends
 * it with that error.
 */
export async function runDemo(terminal: Terminal, options: DemoOptions): Promise<Output> {
  const started = performance.now();
  const workspace =
    options.workspace === undefined
      ? await mkdtemp(join(tmpdir(), "reelbench-demo-"))
      : workspaceOf(terminal, options.workspace);
  await mkdir(workspace, { recursive: true });
  // With --json the story goes to standard error, the document to standard output.
  const tell = options.json === true ? terminal.err : terminal.out;
  const json = await withSession(terminal, { workspace, threads: options.threads }, (session) =>
    demo(session, options, tell),
  );
  const seconds = (performance.now() - started) / 1000;
  const text =
    `\n━━ Done in ${seconds.toFixed(0)} s\n` +
    `Workspace  ${workspace}\n` +
    `Look at it npm start -- --workspace ${workspace}\n` +
    `Serve it   npm run reelbench -- serve --workspace ${workspace}\n`;
  return { json: { ...json, workspace, seconds }, text };
}

async function demo(session: Session, options: DemoFlags, tell: (text: string) => void) {
  const section = (title: string) => tell(`\n━━ ${title}\n`);

  section("Ratings in");
  const snapshot = await ratingsIn(session, options.ratings, tell);

  section("What they look like");
  const profile = await session.ask("snapshots.profile", { snapshotId: snapshot.id });
  tell(describeProfile(profile));

  section("Training and test");
  const split = await makeSplit(session, snapshot, tell);
  tell(describeSplit(split));

  section("Four models");
  const runs = await trainAll(session, split.id, tell);

  section("Compared, paired over users");
  const comparison = await session.ask("runs.compare", { runIds: runs.map(({ id }) => id), baselineId: null });
  tell(describeComparison(comparison, runs, ["rmse", "mae", "recall@10", "ndcg@10"]));
  const { run: best, reason } = chooseBest(runs, comparison);
  tell(`\n${reason}\n`);

  section("Published");
  const target = await targetOf(session, options);
  const published = await session.run("publish.run", { runId: best.id, targetId: target.id });
  for (const gate of published.gates) tell(`${gate.passed ? "✓" : "✗"} ${gate.gate}: ${gate.reason}\n`);
  const { parity } = published;
  tell(
    `✓ parity probe: ${parity.compared} of ${parity.probes} answers compared score by score, ${parity.mismatches} different, largest difference ${parity.largestDifference}\n`,
  );
  tell(
    `${target.name} serves ${published.version}: ${best.name}, trained again on all ${snapshot.ratings.toLocaleString("en-US")} ratings.\n`,
  );

  section("Asked over HTTP");
  const server = await session.ask("servers.start", { targetId: target.id });
  tell(`${server.url}\n`);
  try {
    const answers = await askServer(session, server, published, snapshot, profile, tell);
    return {
      snapshotId: snapshot.id,
      splitId: split.id,
      runs,
      comparison,
      chosen: { runId: best.id, reason },
      target: target.name,
      published,
      answers,
    };
  } finally {
    await session.transport.request("servers.stop", { targetId: target.id });
  }
}

async function ratingsIn(session: Session, given: string | undefined, tell: (text: string) => void): Promise<Snapshot> {
  const path = given === undefined ? await findRatings(session, tell) : session.path(given);
  if (path === null) {
    const { sourceId, snapshotId } = await session.run("sample.create", {});
    tell(describeSource(await session.ask("sources.get", { sourceId })));
    return session.ask("snapshots.get", { snapshotId });
  }
  const { sourceId } = await session.run("sources.import", { path });
  tell(describeSource(await session.ask("sources.get", { sourceId })));
  const { snapshotId } = await session.run("snapshots.create", { sourceIds: [sourceId] });
  return session.ask("snapshots.get", { snapshotId });
}

/** A path, or null for the built-in sample. */
async function findRatings(session: Session, tell: (text: string) => void): Promise<string | null> {
  const fetched = await fetchRatings(
    movieLensLatestSmall,
    join(session.workspaceDirectory, "downloads", "ml-latest-small"),
    session.signal,
  );
  if ("ratingsPath" in fetched) {
    tell(`${movieLensLatestSmall.name}, fetched from ${movieLensLatestSmall.url}, checksum verified.\n`);
    return fetched.ratingsPath;
  }
  tell(
    `The built-in sample (invented people, films and ratings), because ${fetched.unavailable}.\nYour own: npm run demo -- --ratings FILE\n`,
  );
  return null;
}

async function makeSplit(session: Session, snapshot: Snapshot, tell: (text: string) => void) {
  const proposals = await session.ask("splits.propose", { snapshotId: snapshot.id });
  const [proposed] = proposals;
  if (proposed === undefined) throw new ReelbenchError("RB_SPLIT_EMPTY", "No protocol fits these ratings.");
  if (!snapshot.hasTime)
    tell("These ratings have no times, so the split is random: the future is not held back from the models.\n");
  tell(`${proposed.protocol.protocol}: ${proposed.description} ${proposed.reason}\n`);
  const protocol: SplitProtocol = proposed.protocol;
  const { splitId } = await session.run("splits.create", { snapshotId: snapshot.id, protocol, seed: 42 });
  return session.ask("splits.get", { splitId });
}

async function trainAll(session: Session, splitId: string, tell: (text: string) => void): Promise<Run[]> {
  const runs: Run[] = [];
  for (const algorithm of algorithms) {
    const { runId } = await session.run("runs.train", { splitId, algorithm });
    const run = await session.ask("runs.get", { runId });
    const { fit, evaluate } = run.timings ?? { fit: 0, evaluate: 0 };
    tell(`✓ ${run.name}: ${fit.toFixed(2)} s to fit, ${evaluate.toFixed(2)} s to evaluate\n`);
    runs.push(run);
  }
  return runs;
}

async function askServer(
  session: Session,
  server: { readonly url: string; readonly apiKey: string },
  published: { readonly runId: string; readonly version: string },
  snapshot: Snapshot,
  profile: Profile,
  tell: (text: string) => void,
) {
  const client = createServerClient(server.url, server.apiKey, session.signal);
  await client.untilReady(published.version);
  const { runId, version } = published;
  const sameVersion = (answered: string) => {
    if (answered !== version)
      throw new ReelbenchError("RB_PUBLISH_PARITY", `The server answered with ${answered}, not with ${version}.`);
  };

  const [user] = await session.ask("users.search", { snapshotId: snapshot.id, limit: 1 });
  if (user === undefined) throw new ReelbenchError("RB_SNAPSHOT_EMPTY");
  const forUser = await client.recommendations(user.userId, listLength);
  sameVersion(forUser.version);
  tell(`\nFor user ${user.userId}, who rated ${user.ratings}:\n${list(forUser.items)}`);
  const own = await session.ask("recommend.forUser", { runId, userId: user.userId, n: listLength });
  const checks = [checkParity("Recommendations", forUser.items, own)];

  const [likedFilm] = profile.topItems;
  if (likedFilm === undefined) throw new ReelbenchError("RB_SNAPSHOT_EMPTY");
  const similar = await client.similar(likedFilm.itemId, listLength);
  sameVersion(similar.version);
  tell(`\nLike ${likedFilm.title ?? likedFilm.itemId}:\n${list(similar.items)}`);
  checks.push(
    checkParity(
      "Similar items",
      similar.items,
      await session.ask("recommend.similar", { runId, itemId: likedFilm.itemId, n: listLength }),
    ),
  );

  const ratings = profile.topItems
    .slice(0, 3)
    .map(({ itemId }, at) => ({ itemId, rating: at < 2 ? snapshot.scale.maximum : snapshot.scale.minimum }));
  const foldIn = await client.foldIn(ratings, listLength);
  sameVersion(foldIn.version);
  const given = profile.topItems
    .slice(0, 3)
    .map(({ title, itemId }, at) => `${title ?? itemId} = ${ratings[at]?.rating ?? ""}`);
  tell(`\nFor somebody new who just rated ${given.join(", ")}:\n${list(foldIn.items)}`);
  checks.push(
    checkParity(
      "Fold-in",
      foldIn.items,
      await session.ask("recommend.foldIn", { runId, ratings, n: listLength, explain: false }),
    ),
  );

  const compared = checks.reduce((sum, check) => sum + check.compared, 0);
  const largestDifference = Math.max(...checks.map((check) => check.largestDifference));
  tell(
    `\n✓ parity over HTTP: ${compared} scores, same films in the same order as the workbench's own, largest difference ${largestDifference}\n`,
  );
  return { userId: user.userId, recommendations: forUser, similar, foldIn, parity: { compared, largestDifference } };
}

type Listed = {
  readonly itemId: string;
  readonly title: string | null;
  readonly year: number | null;
  readonly genres: readonly string[];
  readonly score: number;
};

function list(items: readonly Listed[]): string {
  return formatTable(
    items,
    [
      { title: "  score", value: ({ score }) => `  ${score.toFixed(4)}`, right: true },
      { title: "title", value: (item) => titleOf(item) },
      { title: "genres", value: ({ genres }) => genres.join(", ") },
    ],
    "  Nothing.",
  );
}
