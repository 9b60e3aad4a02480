import { expect, it } from "vitest";
import type { TrainingSet } from "../models/algorithm.ts";
import type { FactorModel } from "../models/servable.ts";
import { evaluateInThreads } from "./evaluate-in-threads.ts";
import { openEvaluationThreads } from "./evaluation-threads.ts";

const [users, items, factors] = [300, 200, 6];
const scramble = (at: number) => Math.sin(at * 12.9898) * 43_758.5453;
const numbers = (count: number, from: number) =>
  Float32Array.from({ length: count }, (_, at) => 2 * (scramble(from + at) - Math.floor(scramble(from + at))) - 1);
const model: FactorModel = {
  form: "factors",
  users,
  items,
  factors,
  globalMean: 3,
  userBias: numbers(users, 1),
  itemBias: numbers(items, 2),
  userFactors: numbers(users * factors, 3),
  itemFactors: numbers(items * factors, 4),
  foldIn: { kind: "ridge", regularization: 0.1, biasRegularization: 0.1 },
  predictsRatings: true,
  scale: { minimum: 1, maximum: 5 },
};

function ratings(keep: (u: number, i: number) => boolean): TrainingSet {
  const userStart = new Int32Array(users + 1);
  const item: number[] = [];
  for (let u = 0; u < users; u++) {
    for (let i = 0; i < items; i++) if (keep(u, i)) item.push(i);
    userStart[u + 1] = item.length;
  }
  const rating = Float32Array.from(item, (i, at) => 1 + ((i * 7 + at) % 5));
  const time = Float64Array.from(item, (_, at) => at * 86_400);
  return { users, items, userStart, item: Int32Array.from(item), rating, time, scale: model.scale };
}
const train = ratings((u, i) => (u * 31 + i * 17) % 11 === 0);
const test = ratings((u, i) => (u * 31 + i * 17) % 23 === 1 && (u * 31 + i * 17) % 11 !== 0);
const context = { signal: new AbortController().signal, onProgress: () => undefined };
const request = { model, train, test, cutoffs: [10, 3], options: { relevantFrom: 3, sampledNegatives: 20 }, seed: 4 };

it("gives the same bytes on 1, 2 and 3 threads, and on threads that have evaluated before", async () => {
  const one = await evaluateInThreads({ ...request, threads: 1 }, context);
  expect(one.perUser.columns.get("sampled-ndcg@10")?.some((value) => value > 0)).toBe(true);
  expect(one.report.segments.length).toBeGreaterThan(4);
  for (const threads of [2, 3]) expect(await evaluateInThreads({ ...request, threads }, context)).toEqual(one);
  const workers = openEvaluationThreads(2);
  try {
    for (let again = 0; again < 2; again++)
      expect(await evaluateInThreads({ ...request, threads: 2, workers }, context)).toEqual(one);
  } finally {
    await workers.close();
  }
});

it("leaves out AUC and diversity when asked to be quick, and nothing else changes", async () => {
  const whole = await evaluateInThreads({ ...request, threads: 2 }, context);
  const quick = await evaluateInThreads(
    { ...request, options: { ...request.options, thorough: false }, threads: 2 },
    context,
  );
  const left = [...whole.perUser.columns].filter(([name]) => name !== "auc" && !name.startsWith("diversity"));
  expect(whole.perUser.columns.size - left.length).toBe(3);
  expect([...quick.perUser.columns]).toEqual(left);
  expect(quick.report).toEqual(whole.report);
});

it("stops when it is cancelled, and its threads are of no more use", async () => {
  const abort = new AbortController();
  const workers = openEvaluationThreads(1);
  const cancelled = evaluateInThreads({ ...request, threads: 1, workers }, { ...context, signal: abort.signal });
  abort.abort();
  await expect(cancelled).rejects.toMatchObject({ code: "RB_CANCELLED" });
  await expect(evaluateInThreads({ ...request, threads: 1, workers }, context)).rejects.toMatchObject({
    code: "RB_CANCELLED",
  });
});
