import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import type { CurvePoint } from "../contract/entities.ts";
import { exists } from "../files/atomic.ts";
import { loadCatalogue } from "../ratings/catalogue.ts";
import { loadTrainingData } from "../ratings/training-data.ts";
import { executeTraining } from "./execute.ts";
import { readSealed, writeSealed } from "./sealed-file.ts";
import { trainingTask } from "./task.ts";
import type { TrainingTask } from "./task.ts";
import { openLaboratory } from "./training.fixture.ts";
import type { Laboratory } from "./training.fixture.ts";
import { workDirectory } from "./work-folder.ts";

const source = { loadTrainingData, loadCatalogue };
const epochs = 12;
let laboratory: Laboratory;
beforeAll(async () => {
  laboratory = await openLaboratory(60, 40);
});
afterAll(() => laboratory.remove());
afterEach(() => void vi.restoreAllMocks());

async function taskOf(runId: string): Promise<TrainingTask> {
  const task = await laboratory.task(runId, "biased-svd", { protocol: "random", testShare: 0.2 });
  return trainingTask.parse({ ...task, hyperparameters: { ...task.hyperparameters, epochs } });
}

/** Trains with a clock that jumps, so that every epoch is worth a checkpoint, and gives up after epoch 6. */
async function interrupted(runId: string): Promise<CurvePoint[]> {
  let now = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => (now += 6000));
  const abort = new AbortController();
  const curve: CurvePoint[] = [];
  const onCurve = (point: CurvePoint) => {
    curve.push(point);
    if (point.epoch === 6) abort.abort();
  };
  const training = executeTraining(await taskOf(runId), source, {
    signal: abort.signal,
    onProgress: () => undefined,
    onCurve,
  });
  await expect(training).rejects.toMatchObject({ code: "RB_CANCELLED" });
  clock.mockRestore();
  return curve;
}

async function trained(runId: string): Promise<{ curve: CurvePoint[]; modelHash: string | null }> {
  const curve: CurvePoint[] = [];
  const context = {
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onCurve: (point: CurvePoint) => curve.push(point),
  };
  const { modelHash } = await executeTraining(await taskOf(runId), source, context);
  return { curve, modelHash };
}

describe("a checkpoint", () => {
  it("lets an interrupted fit go on, to the bytes and the curve of an uninterrupted one", async () => {
    const whole = await trained("whole");
    const before = await interrupted("resumed");
    expect(await exists(join(laboratory.runsDirectory, "resumed"))).toBe(false);
    const after = await trained("resumed");
    expect(after.modelHash).toBe(whole.modelHash);
    expect(after.curve.map(({ epoch }) => epoch)).toEqual(Array.from({ length: epochs }, (_, at) => at + 1));
    expect(after.curve.map(({ values }) => values)).toEqual(whole.curve.map(({ values }) => values));
    // The seconds of the first sitting's epochs are its own: they were not fitted again.
    expect(after.curve.slice(0, 5)).toEqual(before.slice(0, 5));
    expect(await exists(workDirectory(laboratory.runsDirectory, "resumed"))).toBe(false);
  });

  it("that is damaged costs time and nothing else", async () => {
    const { modelHash } = await trained("whole");
    await interrupted("damaged");
    const path = join(workDirectory(laboratory.runsDirectory, "damaged"), "checkpoint.bin");
    const bytes = await readFile(path);
    const middle = bytes.length >> 1;
    bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
    await writeFile(path, bytes);
    expect((await trained("damaged")).modelHash).toBe((await trained("again")).modelHash);
    expect(modelHash === null).toBe(false);
  });
});

describe("a sealed file", () => {
  const header = z.object({ name: z.string() });

  it("comes back whole, or not at all", async () => {
    const directory = await mkdtemp(join(tmpdir(), "reelbench-sealed-"));
    const path = join(directory, "file");
    expect(await readSealed(path, header)).toBeNull();
    await writeSealed(path, { name: "é" }, [Uint8Array.of(1, 2), Uint8Array.of(3)]);
    expect(await readSealed(path, header)).toEqual({ header: { name: "é" }, payload: Uint8Array.of(1, 2, 3) });
    expect(await readSealed(path, z.object({ other: z.string() }))).toBeNull();
    const bytes = await readFile(path);
    for (let at = 0; at < bytes.length; at++) {
      await writeFile(
        path,
        bytes.map((byte, index) => (index === at ? byte ^ 0x10 : byte)),
      );
      expect(await readSealed(path, header)).toBeNull();
    }
    for (const length of [0, 5, bytes.length - 1]) {
      await writeFile(path, bytes.subarray(0, length));
      expect(await readSealed(path, header)).toBeNull();
    }
    await rm(directory, { recursive: true });
  });
});
