import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { defaultSampleShape, generateSample, plantedTruth } from "./sample.ts";
import { importFile, inTemporaryFolder } from "./temporary.fixture.ts";

describe("sample", () => {
  it("is a world of the asked size with a long tail, the same bytes for the same seed", async () => {
    await inTemporaryFolder(async (directory) => {
      const { ratingsPath, itemsPath } = await generateSample(defaultSampleShape, join(directory, "one"));
      const again = await generateSample(defaultSampleShape, join(directory, "two"));
      const other = await generateSample({ ...defaultSampleShape, seed: 43 }, join(directory, "three"));
      const bytes = await readFile(ratingsPath);
      expect(bytes.equals(await readFile(again.ratingsPath))).toBe(true);
      expect(bytes.equals(await readFile(other.ratingsPath))).toBe(false);
      const { source, rows, items } = await importFile(ratingsPath, {}, itemsPath);
      expect(source).toMatchObject({
        read: 100_000,
        accepted: 100_000,
        duplicates: 0,
        users: 1000,
        hasTitles: true,
        timeShare: 1,
      });
      expect(new Set(items.map(({ title }) => title)).size).toBe(1700);
      const perItem = new Map<string, number>();
      for (const { item_id } of rows) perItem.set(item_id, (perItem.get(item_id) ?? 0) + 1);
      const counts = [...perItem.values()].sort((a, b) => b - a);
      const head = counts.slice(0, 340).reduce((sum, n) => sum + n, 0);
      expect(head).toBeGreaterThan(50_000);
    });
  });

  it("follows its planted structure: the truth predicts almost as well as the noise allows, far better than biases", async () => {
    await inTemporaryFolder(async (directory) => {
      const { ratingsPath } = await generateSample(defaultSampleShape, directory);
      const truth = plantedTruth(defaultSampleShape);
      const { rows } = await importFile(ratingsPath);
      let withFactors = 0;
      let biasesOnly = 0;
      for (const { user_id, item_id, rating } of rows) {
        const u = Number(user_id) - 1;
        const i = Number(item_id) - 1;
        const bias = truth.mean + (truth.userBias[u] ?? 0) + (truth.itemBias[i] ?? 0);
        let product = 0;
        for (let f = 0; f < truth.factors; f++)
          product += (truth.userFactors[u * truth.factors + f] ?? 0) * (truth.itemFactors[i * truth.factors + f] ?? 0);
        withFactors += (rating - Math.min(5, Math.max(0.5, bias + product))) ** 2;
        biasesOnly += (rating - Math.min(5, Math.max(0.5, bias))) ** 2;
      }
      const rmse = Math.sqrt(withFactors / rows.length);
      expect(rmse).toBeLessThan(1.15 * truth.noise);
      expect(Math.sqrt(biasesOnly / rows.length)).toBeGreaterThan(1.25 * rmse);
    });
  });
});
