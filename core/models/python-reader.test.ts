import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { denseWeightModel, neighbourModel, sparseWeightModel } from "../recommend/forms.fixture.ts";
import { createRecommender } from "../recommend/recommender.ts";
import { decodeCard } from "./bundle-card.ts";
import { encodeBundle } from "./bundle.ts";
import { pythonReader } from "./python-reader.ts";
import type { FactorModel, ServableModel } from "./servable.ts";

/** A Python that has numpy and safetensors. */
const python = [process.env["REELBENCH_PYTHON"], "python3", "python"].find(
  (each) => each !== undefined && spawnSync(each, ["-c", "import numpy, safetensors"]).status === 0,
);

const [users, items, factors] = [20, 15, 3];
const numbers = (count: number, step: number) =>
  Float32Array.from({ length: count }, (_, n) => ((n * step) % 11) / 7 - 0.6);
const factorModel: FactorModel = {
  users,
  items,
  factors,
  form: "factors",
  predictsRatings: true,
  scale: { minimum: 1, maximum: 5 },
  globalMean: 3.4,
  userBias: numbers(users, 3),
  itemBias: numbers(items, 5),
  userFactors: numbers(users * factors, 7),
  itemFactors: numbers(items * factors, 4),
  foldIn: { kind: "ridge", regularization: 0.1, biasRegularization: 0.1 },
};
const given = [
  { i: 2, rating: 4 },
  { i: 9, rating: 2 },
  { i: 11, rating: 5 },
];
const idOf = (prefix: string, n: number) => `${prefix}${String(n).padStart(2, "0")}`;

it.skipIf(python === undefined).each([
  ["factors", factorModel],
  ["sparse weights", sparseWeightModel({ itemBias: new Float32Array(items).fill(0.25) })],
  ["dense weights", denseWeightModel()],
  ["ratings less their centre", sparseWeightModel({ input: { kind: "rating", center: 3 } })],
  ["neighbours", neighbourModel()],
  ["neighbours by admission", neighbourModel({ admission: new Float32Array(users).fill(0.05) })],
] as const)("Python alone finds the same films with the same scores: %s", (_, model: ServableModel) => {
  const folder = mkdtempSync(join(tmpdir(), "reelbench-python-"));
  try {
    const files = encodeBundle({
      model,
      userIds: Array.from({ length: users }, (_each, n) => idOf("u", n)),
      itemIds: Array.from({ length: items }, (_each, n) => idOf("i", n)),
      description: {
        algorithm: "a1",
        hyperparameters: {},
        seed: 1,
        runId: "r1",
        snapshotId: "s1",
        splitId: "p1",
        refitOf: null,
        metrics: [],
        codeVersion: "0.1.0",
      },
    });
    for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
    const card = decodeCard(files.get("card.json") ?? new Uint8Array());
    writeFileSync(join(folder, "score.py"), pythonReader(card));
    const history = model.form === "item-weights";
    const asked = history ? given.map(({ i, rating }) => `${idOf("i", i)}=${String(rating)}`) : ["u07"];
    const told = execFileSync(python ?? "", [join(folder, "score.py"), ...asked], { encoding: "utf8" });
    const recommender = createRecommender(model);
    const who = history ? recommender.foldIn(given) : 7;
    const seen =
      model.form === "user-neighbours"
        ? model.rows.item.subarray(model.rows.start[7], model.rows.start[8])
        : history
          ? given.map(({ i }) => i)
          : [];
    const expected = recommender.topN(who, 10, { exclude: Int32Array.from(seen) });
    const lines = told
      .trim()
      .split("\n")
      .map((line) => line.split("\t"));
    expect(lines.map(([id]) => id)).toEqual(expected.map(({ i }) => idOf("i", i)));
    for (const [at, { score }] of expected.entries()) expect(Number(lines[at]?.[1])).toBeCloseTo(score, 5);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
