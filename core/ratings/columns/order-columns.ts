import { kernelCall } from "../../compute/kernels.ts";
import { evenRanges } from "../../compute/program.ts";
import type { OrderRequest } from "../order-worker.ts";
import { bytesAt, float64At, int32At } from "./column-space.ts";
import type { ColumnSpace } from "./column-space.ts";
import { rowsAtOnce, rowsByUser, userRanges, userStarts } from "./user-order.ts";

/** Ratings as columns in a space, in any order, users and items as ranks of their ids (`order-ratings.ts`). */
export interface UnorderedColumns {
  readonly rows: number;
  readonly u: number;
  readonly i: number;
  /** 16 bits: which of `values`. */
  readonly code: number;
  /** float64, NaN where unknown. */
  readonly time: number;
  /** A byte each; 0: no file said any. */
  readonly part: number;
  readonly values: Float64Array;
  /** How many ranks there are. */
  readonly users: number;
  readonly items: number;
}

export interface OrderedColumns {
  /** The rows that stay, 32 bits each, by user, then item. */
  readonly order: number;
  readonly rows: number;
  /** The rank of each user that is left, and the number of each rank (in the memory). */
  readonly userRanks: Int32Array;
  readonly itemRanks: Int32Array;
  readonly userNumbers: number;
  readonly itemNumbers: number;
  /** Where the values lie in the memory, and those that occur. */
  readonly valuesAt: number;
  readonly values: readonly number[];
  /** Of the known times; Infinity and −Infinity where there are none. */
  readonly earliest: number;
  readonly latest: number;
}

const keeps = { first: 1, last: 2, highest: 3 } as const;
const mostCodes = 65_536;

/** What `orderRatings` does, with all threads of the space and nothing moved but row numbers. */
export async function orderColumns(
  space: ColumnSpace,
  columns: UnorderedColumns,
  keep: OrderRequest["keep"],
): Promise<OrderedColumns> {
  const { users, items } = columns;
  const startAt = await userStarts(space, columns.u, columns.rows, users);
  const start = int32At(space, startAt, users + 1).slice();
  const order = await rowsByUser(space, columns.u, columns.rows, start);
  const longest = start.subarray(1).reduce((most, end, user) => Math.max(most, end - (start[user] ?? 0)), 0);
  const kept = space.allocate(4 * users);
  const valuesAt = space.allocate(8 * columns.values.length);
  const lanes = Array.from({ length: space.threads }, () => ({
    scratch: space.allocate(16 * longest + 1024),
    items: space.allocate(items),
    codes: space.allocate(mostCodes),
    range: space.allocate(16),
  }));
  float64At(space, valuesAt, columns.values.length).set(columns.values);
  for (const { range } of lanes) float64At(space, range, 2).set([Infinity, -Infinity]);
  const inLanes = <T>(ranges: readonly T[]) =>
    evenRanges(ranges.length, lanes.length).map(({ from, to }) =>
      ranges.slice(from, to).flatMap((range, at) => {
        const lane = lanes[at];
        return lane === undefined ? [] : [{ range, lane }];
      }),
    );
  const { i, time, code } = columns;
  const settle = keep === null ? 0 : keeps[keep];
  await space.run(
    inLanes(userRanges(start, rowsAtOnce)).map((phase) =>
      phase.map(({ range, lane }) =>
        kernelCall(
          "sortUsers",
          range.from,
          range.to,
          startAt,
          order,
          i,
          time,
          code,
          valuesAt,
          settle,
          lane.scratch,
          longest,
          kept,
          lane.items,
        ),
      ),
    ),
  );
  const keptOf = int32At(space, kept, users);
  const rows = keptOf.reduce((sum, n) => sum + n, 0);
  if (rows < columns.rows) await space.run([[kernelCall("compactRows", 0, users, startAt, kept, order, 0)]]);
  await space.run(
    inLanes(evenRanges(rows, rowsAtOnce)).map((phase) =>
      phase.map(({ range, lane }) =>
        kernelCall("surveyRows", order, code, time, range.from, range.to, lane.codes, lane.range),
      ),
    ),
  );
  const marked = (of: "items" | "codes", count: number) => {
    const marks = new Uint8Array(count);
    for (const lane of lanes)
      bytesAt(space, lane[of], count).forEach((mark, at) => (marks[at] = (marks[at] ?? 0) | mark));
    return marks;
  };
  const itemsLeft = marked("items", items);
  const codesLeft = marked("codes", columns.values.length);
  const userRanks = ranksWhere(users, (rank) => (keptOf[rank] ?? 0) > 0);
  const itemRanks = ranksWhere(items, (rank) => itemsLeft[rank] === 1);
  const ranges = lanes.map(({ range }) => float64At(space, range, 2).slice());
  return {
    order,
    rows,
    userRanks,
    itemRanks,
    userNumbers: numbersOf(space, userRanks, users),
    itemNumbers: numbersOf(space, itemRanks, items),
    valuesAt,
    values: [...columns.values].filter((_, number) => codesLeft[number] === 1),
    earliest: Math.min(...ranges.map(([earliest = Infinity]) => earliest)),
    latest: Math.max(...ranges.map(([, latest = -Infinity]) => latest)),
  };
}

function ranksWhere(ranks: number, isInUse: (rank: number) => boolean): Int32Array {
  const inUse: number[] = [];
  for (let rank = 0; rank < ranks; rank++) if (isInUse(rank)) inUse.push(rank);
  return Int32Array.from(inUse);
}

/** [count] the number of each rank in use, in the memory. */
function numbersOf(space: ColumnSpace, ranks: Int32Array, count: number): number {
  const at = space.allocate(4 * count);
  const numbers = int32At(space, at, count);
  ranks.forEach((rank, number) => (numbers[rank] = number));
  return at;
}
