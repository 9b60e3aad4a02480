/** A thread of bench/peers/topn.ts: the lists of the users it claims, with the scanner. */
import { parentPort } from "node:worker_threads";
import type { ScanIndex } from "../../core/compute/scan-index.ts";
import type { FactorModel } from "../../core/models/servable.ts";
import { createScanner } from "../../core/recommend/scanner.ts";

export interface TopNWork {
  readonly model: FactorModel;
  readonly index: ScanIndex | null;
  readonly slot: number;
  readonly n: number;
  readonly userStart: Int32Array;
  readonly item: Int32Array;
  /** [1] next user to claim. */
  readonly cells: Int32Array;
  /** [users × n], −1 where there is none. */
  readonly lists: Int32Array;
  readonly scores: Float64Array;
}

const usersPerClaim = 256;

parentPort?.on("message", (work: TopNWork) => {
  void answer(work).then(() => parentPort?.postMessage("done"));
});

async function answer({ model, index, slot, n, userStart, item, cells, lists, scores }: TopNWork): Promise<void> {
  const scanner = await createScanner(model, { shared: { index, slot } });
  for (
    let from = Atomics.add(cells, 0, usersPerClaim);
    from < model.users;
    from = Atomics.add(cells, 0, usersPerClaim)
  ) {
    const count = Math.min(usersPerClaim, model.users - from);
    const queries = Array.from({ length: count }, (_, at) => ({
      who: from + at,
      exclude: item.subarray(userStart[from + at], userStart[from + at + 1]),
    }));
    scanner.topNForMany(queries, n).forEach((list, at) => {
      list.forEach(({ i, score }, rank) => {
        lists[(from + at) * n + rank] = i;
        scores[(from + at) * n + rank] = score;
      });
    });
  }
}
