/**
 * The inverse that EASE is, here and by numpy.linalg.inv and LAPACK's potrf + potri (scipy), of the same gramian of invented
 * positives, in pairs; two threads each. The gramian itself is not in any time. numpy inverts in float64 unless it is told
 * otherwise, LAPACK's Cholesky is asked in float32, as ours is:
 *   node bench/peers/ease.ts [--items 8192] [--peers inv-float64,cholesky-float32] [--python PYTHON] [--pairs 5]
 *     [--threads 2] [--json FILE]
 * With REELBENCH_RELAXED_SIMD=1 it measures the opt-in build of the kernels, and refuses where another one is there.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { gramRanges, loadInteractions, planInteractions, pointersOf } from "../../core/compute/interactions.ts";
import { kernelCall } from "../../core/compute/kernels.ts";
import { MemoryLayout, float32View } from "../../core/compute/memory-layout.ts";
import { openComputePool } from "../../core/compute/pool.ts";
import { invertSymmetric, panelIndex, planSymmetric } from "../../core/compute/symmetric-inverse.ts";
import { requireAskedKernels } from "../kernel-build.ts";
import { finish, pairedOptions, runPairs, seconds, startPeer } from "../paired.ts";
import { generate } from "../positives.ts";

const ridge = 300;
const { values } = parseArgs({
  options: {
    ...pairedOptions,
    items: { type: "string", default: "8192" },
    peers: { type: "string", default: "inv-float64,cholesky-float32" },
  },
});
requireAskedKernels();
const threads = Number(values.threads);
const data = generate(40_000, Number(values.items), 3_000_000);
const answer = z.object({ seconds: z.number(), diagonal: z.array(z.number()) });

const layout = new MemoryLayout();
const interactions = planInteractions(layout, { users: data.users, items: data.items, ratings: data.item.length });
const symmetric = planSymmetric(layout, data.items);
const flags = layout.int32(threads);
const scratch = layout.float32(threads * symmetric.n);
const pool = await openComputePool({ bytes: layout.bytes, threads, signal: new AbortController().signal });
await loadInteractions(pool, interactions, { ...data, rating: new Float32Array(data.item.length).fill(1) });
const gramian = pool.prepare([
  [...gramRanges(data, 8e6, 512), { from: data.items, to: symmetric.n }].map(({ from, to }) =>
    kernelCall(
      "gramToPanels",
      ...pointersOf(interactions),
      data.items,
      from,
      to,
      1,
      ridge,
      symmetric.matrix.offset,
      symmetric.n,
      flags.offset,
      threads,
      scratch.offset,
      symmetric.n * 4,
    ),
  ),
]);

const folder = mkdtempSync(join(tmpdir(), "reelbench-peer-"));
try {
  const file = join(folder, "positives.i32");
  const numbers = new Int32Array(3 + data.users + 1 + data.item.length);
  numbers.set([data.users, data.items, data.item.length]);
  numbers.set(data.userStart, 3);
  numbers.set(data.item, 3 + data.users + 1);
  writeFileSync(file, new Uint8Array(numbers.buffer));
  const peer = await startPeer({
    python: values.python,
    script: new URL("ease_invert.py", import.meta.url),
    arguments: [file, String(ridge)],
    env: { OMP_NUM_THREADS: values.threads, OPENBLAS_NUM_THREADS: values.threads },
  });
  const results = [];
  for (const name of values.peers.split(",")) {
    const [method = "", dtype = ""] = name.split("-");
    let diagonal: number[] = [];
    results.push(
      await runPairs({
        name: `${values.items} items, ${name}`,
        pairs: Number(values.pairs),
        // Code is compiled by the first inverse of a process, or in the first seconds of one that takes minutes.
        warmUp: name === values.peers.split(",")[0] && Number(values.items) <= 10_000 ? 1 : 0,
        ours: async () => {
          await pool.run(gramian);
          return seconds(() => invertSymmetric(pool, symmetric, () => undefined));
        },
        peer: async () => {
          const given = await peer.request({ do: "invert", with: method, dtype }, answer);
          diagonal = given.diagonal;
          return given.seconds;
        },
      }),
    );
    console.log(`  largest relative difference of the diagonals: ${difference(diagonal).toExponential(1)}`);
  }
  await peer.close();
  finish(results, values.json);
} finally {
  await pool.close();
  rmSync(folder, { recursive: true, force: true });
}

function difference(diagonal: readonly number[]): number {
  const matrix = float32View(pool.memory, symmetric.matrix);
  return Math.max(...diagonal.map((value, i) => Math.abs(-(matrix[panelIndex(symmetric.n, i, i)] ?? NaN) / value - 1)));
}
