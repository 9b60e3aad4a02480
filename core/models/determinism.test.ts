import { afterEach, describe, expect, test, vi } from "vitest";
import { randomSparse, trainingSetOf } from "../compute/test-data.fixture.ts";
import { fitContext, fitWith, tensorHash } from "./fit.fixture.ts";
import { algorithmById, algorithms, parseHyperparameters } from "./registry.ts";

const data = trainingSetOf(randomSparse(230, 170, 0.15, 21), 170);
const small = {
  "biased-svd": { factors: 18, epochs: 7 },
  svdpp: { factors: 18, epochs: 7 },
  timesvdpp: { factors: 18, epochs: 7 },
  bpr: { factors: 18, epochs: 7 },
  puresvd: { factors: 9 },
  ials: { factors: 19, epochs: 7 },
  als: { factors: 19, epochs: 7 },
  nmf: { factors: 9, epochs: 7 },
  "bayesian-mf": { factors: 9, sweeps: 7, burnIn: 1, servedFactors: 16 },
  biases: {},
  popularity: {},
} as const;
const settingsOf = (id: string): Record<string, unknown> => small[id as keyof typeof small];

afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(algorithms.map(({ info }) => info.id))("%s", (id) => {
  const algorithm = algorithmById(id);

  test("same seed, 1, 2, 3 or 5 threads: same bytes", async () => {
    const hashes = new Set<string>();
    for (const threads of [1, 2, 3, 5, 2])
      hashes.add(tensorHash(await fitWith(algorithm, data, settingsOf(id), { threads })));
    expect(hashes.size).toBe(1);
  });

  test("a signal already fired, or fired while fitting, is RB_CANCELLED", async () => {
    if (id === "popularity") return;
    await expect(fitWith(algorithm, data, settingsOf(id), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "RB_CANCELLED",
    });
    const controller = new AbortController();
    const onProgress = () => controller.abort();
    await expect(
      fitWith(algorithm, data, settingsOf(id), { signal: controller.signal, onProgress }),
    ).rejects.toMatchObject({ code: "RB_CANCELLED" });
  });
});

describe.each(["biases", "biased-svd", "bayesian-mf", "svdpp", "timesvdpp", "bpr", "puresvd", "ials", "als"])(
  "%s resumes",
  (id) => {
    const algorithm = algorithmById(id);

    /** Every checkpoint of a fit, as if each epoch took ten seconds. */
    async function checkpoints(): Promise<{ states: Uint8Array[]; hash: string }> {
      let now = 0;
      vi.spyOn(performance, "now").mockImplementation(() => (now += 10_000));
      const states: Uint8Array[] = [];
      const model = await fitWith(algorithm, data, settingsOf(id), {
        saveCheckpoint: (state) => {
          states.push(Buffer.concat(state));
          return Promise.resolve();
        },
      });
      vi.restoreAllMocks();
      return { states, hash: tensorHash(model) };
    }

    test("from any checkpoint to the bytes of the uninterrupted fit, without repeating what was done", async () => {
      const { states, hash } = await checkpoints();
      expect(states.length).toBeGreaterThan(3);
      for (const [index, state] of states.entries()) {
        if (index % 2 === 1) continue;
        const epochs: number[] = [];
        const model = await fitWith(algorithm, data, settingsOf(id), {
          resumeFrom: state,
          threads: 3,
          onEpoch: ({ epoch }) => epochs.push(epoch),
        });
        expect(tensorHash(model)).toBe(hash);
        if (algorithm.info.iterative) expect(epochs[0] ?? index + 2).toBe(index + 2);
      }
    });

    test("not from another seed's checkpoint, nor from a damaged one: it says so and starts afresh", async () => {
      const { states, hash } = await checkpoints();
      const state = states[1] ?? new Uint8Array();
      const otherSeed = await fitWith(algorithm, data, settingsOf(id), { seed: 2, resumeFrom: state });
      expect(tensorHash(otherSeed)).toBe(tensorHash(await fitWith(algorithm, data, settingsOf(id), { seed: 2 })));
      for (const damaged of [
        new Uint8Array(0),
        state.subarray(0, 50),
        Uint8Array.from(state, (byte, at) => (at < 60 ? byte ^ 0x55 : byte)),
      ]) {
        const messages: string[] = [];
        const model = await algorithm.fit(
          data,
          parseHyperparameters(algorithm, settingsOf(id)),
          fitContext({ resumeFrom: damaged, onProgress: ({ message }) => messages.push(message) }),
        );
        expect(tensorHash(model)).toBe(hash);
        expect(messages.join()).toContain("starting afresh");
      }
    });
  },
);

test("another seed gives another biased SVD", async () => {
  const algorithm = algorithmById("biased-svd");
  const [a, b] = [
    await fitWith(algorithm, data, settingsOf("biased-svd")),
    await fitWith(algorithm, data, settingsOf("biased-svd"), { seed: 2 }),
  ];
  expect(tensorHash(a)).not.toBe(tensorHash(b));
});
