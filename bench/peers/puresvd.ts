/**
 * PureSVD here and by scikit-learn's randomized_svd (scipy's sparse products), with the same rank, oversampling and power
 * iterations, on invented positives:
 *   node bench/peers/puresvd.ts [--shape ml-20m|ml-20m-tenth|ml-1m] [--factors 128] [--oversampling 10] [--iterations 5] [--python PYTHON] [--pairs 5]
 * Our time is the whole fit, starting the threads and turning the matrix included. The singular values of both are compared.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { pureSvd } from "../../core/models/puresvd.ts";
import type { FactorModel } from "../../core/models/servable.ts";
import { finish, pairedOptions, runPairs, seconds, startPeer } from "../paired.ts";
import { generatePositives } from "../positives.ts";

const { values } = parseArgs({
  options: {
    ...pairedOptions,
    shape: { type: "string", default: "ml-20m" },
    factors: { type: "string", default: "128" },
    oversampling: { type: "string", default: "10" },
    iterations: { type: "string", default: "5" },
  },
});
const [factors, oversampling, iterations] = [values.factors, values.oversampling, values.iterations].map(Number) as [
  number,
  number,
  number,
];
const data = generatePositives(values.shape);
console.log(
  `${values.shape}: ${String(data.users)} × ${String(data.items)}, ${String(data.item.length)} entries; rank ${String(factors)} + ${String(oversampling)}, ${String(iterations)} power iterations, ${values.threads} threads`,
);
const folder = mkdtempSync(join(tmpdir(), "reelbench-puresvd-"));
try {
  const file = join(folder, "positives.bin");
  const parts = [Int32Array.of(data.users, data.items, data.item.length), data.userStart, data.item];
  writeFileSync(
    file,
    Buffer.concat(parts.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength))),
  );
  const peer = await startPeer({
    python: values.python,
    script: new URL("puresvd_fit.py", import.meta.url),
    arguments: [file],
  });
  const answer = z.object({ seconds: z.number(), singularValues: z.array(z.number()) });
  let ours: FactorModel | undefined;
  let theirs: readonly number[] = [];
  const result = await runPairs({
    name: `PureSVD k=${String(factors)}`,
    pairs: Number(values.pairs),
    ours: () => seconds(async () => (ours = await fit())),
    peer: async () => {
      const given = await peer.request({ do: "fit", factors, oversampling, iterations }, answer);
      theirs = given.singularValues;
      return given.seconds;
    },
  });
  await peer.close();
  if (ours !== undefined) compareValues(singularValues(ours), theirs);
  finish([result], values.json);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function fit(): ReturnType<typeof pureSvd.fit> {
  return pureSvd.fit(
    data,
    { factors, oversampling, powerIterations: iterations },
    {
      seed: 1,
      threads: Number(values.threads),
      signal: new AbortController().signal,
      onProgress: () => undefined,
      onEpoch: () => undefined,
      resumeFrom: null,
      saveCheckpoint: () => Promise.resolve(),
    },
  );
}

/** The user factors are R·V: their columns are as long as the singular values. */
function singularValues({ users, factors: k, userFactors }: FactorModel): number[] {
  const squares = new Float64Array(k);
  for (let at = 0; at < users * k; at++) squares[at % k] = (squares[at % k] ?? 0) + (userFactors[at] ?? 0) ** 2;
  return Array.from(squares, Math.sqrt);
}

function compareValues(ours: readonly number[], theirs: readonly number[]): void {
  const relative = ours.map((value, at) => Math.abs(value - (theirs[at] ?? NaN)) / (theirs[at] ?? NaN));
  const half = relative.slice(0, Math.floor(relative.length / 2));
  const sum = (numbers: readonly number[]) => numbers.reduce((total, value) => total + value ** 2, 0);
  console.log(
    `singular values: largest ${(ours[0] ?? NaN).toFixed(3)} and ${(theirs[0] ?? NaN).toFixed(3)}, smallest ${(ours.at(-1) ?? NaN).toFixed(3)} and ${(theirs.at(-1) ?? NaN).toFixed(3)}; ` +
      `relative difference at most ${Math.max(...half).toExponential(1)} in the first half, ${Math.max(...relative).toExponential(1)} in all; captured energy ratio ${(sum(ours) / sum(theirs)).toFixed(6)}`,
  );
}
