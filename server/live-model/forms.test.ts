import { describe, expect, test } from "vitest";
import { decodeBundle, encodeBundle } from "../../core/models/bundle.ts";
import type { ServableModel } from "../../core/models/servable.ts";
import type { History } from "../../core/production/histories.ts";
import { compareAnswers, planProbes } from "../../core/publish/probe-plan.ts";
import { denseWeightModel, neighbourModel, sparseWeightModel } from "../../core/recommend/forms.fixture.ts";
import { createRecommender } from "../../core/recommend/recommender.ts";
import { indexForScan } from "../../core/recommend/scanner.ts";
import { shareModel } from "../../core/recommend/shared-model.ts";
import { answerProbes } from "./answer-probes.ts";
import type { HeldModel } from "./live-models.ts";
import type { ScoreJob, ScoredList } from "./score-job.ts";
import { createScorer } from "./score.ts";
import { shareCatalogue } from "./shared-model.ts";
import type { SharedModel } from "./shared-model.ts";
import { toIdIndex, toSharedText } from "./shared-text.ts";

const ids = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `${prefix}${String(n).padStart(2, "0")}`);
const userIds = ids("u", 20);
const itemIds = ids("i", 15);
/** User u has rated the items u, u + 3, u + 6 … of 15, in no order; user 19 nothing. */
const histories: History[] = userIds.slice(0, 19).map((userId, u) => {
  const items = [3, 0, 6, 9].map((step) => (u + step) % 15);
  return {
    userId,
    itemIds: items.map((i) => itemIds[i] ?? ""),
    ratings: items.map((_, n) => 1 + ((u + 2 * n) % 5)),
    times: items.map(() => null),
  };
});

function served(model: ServableModel): {
  readonly shared: SharedModel;
  readonly bundle: ReturnType<typeof decodeBundle>;
} {
  const bundle = decodeBundle(
    encodeBundle({
      model,
      userIds,
      itemIds,
      description: {
        algorithm: "slim",
        hyperparameters: {},
        seed: 1,
        runId: "r1",
        snapshotId: "s1",
        splitId: "p1",
        refitOf: null,
        metrics: [],
        codeVersion: "test",
      },
    }),
  );
  const start = Int32Array.from(userIds, (_, u) => 4 * u);
  const shared: SharedModel = {
    key: 1,
    version: "v1",
    algorithm: "slim",
    modelHash: "",
    createdAt: "",
    model: shareModel(bundle.model),
    users: toIdIndex(userIds),
    items: toIdIndex(itemIds),
    catalogue: shareCatalogue(itemIds, () => undefined, toSharedText),
    catalogueRevision: 0,
    histories: {
      start,
      length: Int32Array.from(userIds, (_, u) => (u < 19 ? 4 : 0)),
      item: Int32Array.from(histories.flatMap((history) => history.itemIds.map((itemId) => itemIds.indexOf(itemId)))),
      rating: Float32Array.from(histories.flatMap(({ ratings }) => ratings)),
    },
    scan: indexForScan(bundle.model, { slots: 1, longestList: 100 }),
    bytes: 0,
  };
  return { shared, bundle };
}

async function scorerOf(shared: SharedModel): Promise<(asked: ScoreJob) => ScoredList> {
  const score = await createScorer(shared, 0);
  return (asked) => {
    const [answer] = score([asked]);
    if (answer === undefined || "error" in answer) throw new Error(JSON.stringify(answer));
    return answer.list;
  };
}

const job = (subject: ScoreJob["subject"]): ScoreJob => ({
  subject,
  n: 5,
  excludeSeen: true,
  exclude: [],
  filter: null,
  explain: true,
  only: null,
});

describe.each([
  ["sparse weights", sparseWeightModel()],
  ["dense weights", denseWeightModel()],
  ["neighbours", neighbourModel()],
])("a server with a model of %s", async (_, model) => {
  const { shared, bundle } = served(model);
  const score = await scorerOf(shared);
  const own = (u: number) =>
    Array.from({ length: 4 }, (_unused, n) => ({
      i: shared.histories.item[4 * u + n] ?? NaN,
      rating: shared.histories.rating[4 * u + n] ?? NaN,
    }));

  test("answers the publisher's questions as the workbench does", async () => {
    const held: HeldModel = {
      shared,
      score: (asked) => Promise.resolve(score(asked)),
      use: (work) => work(),
      retain: () => undefined,
      release: () => undefined,
    };
    const probes = await planProbes(bundle, histories, new Set(), new AbortController().signal);
    const answers = await answerProbes(
      held,
      probes.map(({ request }, n) => ({ ...request, n })),
    );
    const stored = answers.map(({ n, itemIds: items, scores, error }) => ({
      n,
      serverId: "s",
      itemIds: [...items],
      scores: [...scores],
      error,
    }));
    expect(compareAnswers(probes, stored, ["s"])).toMatchObject({
      compared: 19,
      mismatches: 0,
      largestDifference: 0,
    });
  });

  test("answers a known user from the history, explains by it, and by what was rated since", () => {
    const known = score(job({ kind: "user", u: 4, ratings: [], seen: [] }));
    expect(known.basis).toBe("personal");
    const recommender = createRecommender(bundle.model, own);
    expect(known.scores).toEqual(
      recommender.topN(4, 5, { exclude: own(4).map(({ i }) => i) }).map((item) => item.score),
    );
    known.explanations?.forEach(({ baseline, contributions }, n) =>
      expect(baseline + contributions.reduce((sum, each) => sum + each, 0)).toBeCloseTo(known.scores[n] ?? NaN, 9),
    );
    const later = score(job({ kind: "user", u: 4, ratings: [{ i: 5, rating: 5 }], seen: [] }));
    expect([later.basis, later.ratingsUsed]).toEqual(["fold-in", 5]);
    later.explanations?.forEach(({ baseline, contributions }, n) =>
      expect(baseline + contributions.reduce((sum, each) => sum + each, 0)).toBeCloseTo(later.scores[n] ?? NaN, 9),
    );
  });

  test("gives strangers what is popular", () => {
    const stranger = score(job({ kind: "user", u: -1, ratings: [], seen: [] }));
    expect(stranger.basis).toBe("popularity");
    expect(stranger.scores).toEqual([...(model.itemPopularity ?? [])].sort((a, b) => b - a).slice(0, 5));
    expect(score(job({ kind: "item", i: 3 })).items).not.toContain(3);
  });
});

test("a user whose history is gone is answered as a stranger by a model that keeps nothing of users", async () => {
  const { shared } = served(sparseWeightModel());
  const score = await scorerOf(shared);
  expect(score(job({ kind: "user", u: 19, ratings: [], seen: [] })).basis).toBe("popularity");
});
