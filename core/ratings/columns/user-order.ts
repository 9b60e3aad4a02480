import { kernelCall } from "../../compute/kernels.ts";
import { evenRanges } from "../../compute/program.ts";
import { int32At } from "./column-space.ts";
import type { ColumnSpace } from "./column-space.ts";

/** Rows of a kernel call: V8 replaces slow code by fast between calls, and a cancelled run ends between them. */
export const rowsAtOnce = 262_144;

/** Where each user's rows begin [users + 1], in the memory. */
export async function userStarts(space: ColumnSpace, u: number, rows: number, users: number): Promise<number> {
  const lanes = Array.from({ length: space.threads }, () => space.allocate(4 * (users + 1)));
  const ranges = evenRanges(rows, rowsAtOnce);
  const phases = evenRanges(ranges.length, lanes.length).map((part) =>
    ranges
      .slice(part.from, part.to)
      .map(({ from, to }, lane) => kernelCall("countRows", u, from, to, (lanes[lane] ?? 0) + 4)),
  );
  await space.run(phases);
  const [first = 0, ...others] = lanes;
  const start = int32At(space, first, users + 1);
  for (const lane of others) {
    const counts = int32At(space, lane, users + 1);
    for (let at = 1; at <= users; at++) start[at] = (start[at] ?? 0) + (counts[at] ?? 0);
  }
  for (let at = 1; at <= users; at++) start[at] = (start[at] ?? 0) + (start[at - 1] ?? 0);
  return first;
}

/** The rows [rows] by user, each user's in their order, in the memory. */
export async function rowsByUser(space: ColumnSpace, u: number, rows: number, start: Int32Array): Promise<number> {
  const users = start.length - 1;
  const next = space.allocate(4 * users);
  const order = space.allocate(4 * rows);
  int32At(space, next, users).set(start.subarray(0, users));
  const shares = userRanges(start, Math.ceil(rows / space.threads));
  await space.run(
    evenRanges(rows, rowsAtOnce).map(({ from, to }) =>
      shares.map((share) => kernelCall("scatterToUsers", u, from, to, share.from, share.to, next, order)),
    ),
  );
  return order;
}

/** Cuts users into ranges of about `target` rows. */
export function userRanges(start: Int32Array, target: number): { readonly from: number; readonly to: number }[] {
  const users = start.length - 1;
  const ranges: { from: number; to: number }[] = [];
  let from = 0;
  for (let user = 1; user <= users; user++) {
    if ((start[user] ?? 0) - (start[from] ?? 0) < target && user < users) continue;
    ranges.push({ from, to: user });
    from = user;
  }
  return ranges;
}

/** Different pairs of user and item. */
export async function differentPairs(
  space: ColumnSpace,
  columns: { readonly u: number; readonly i: number },
  rows: number,
  users: number,
  items: number,
): Promise<number> {
  const startAt = await userStarts(space, columns.u, rows, users);
  const start = int32At(space, startAt, users + 1).slice();
  const descent = space.allocate(4);
  await space.run([
    evenRanges(rows, rowsAtOnce).map(({ from, to }) => kernelCall("findDescent", columns.u, from, to, descent)),
  ]);
  // Most exports have each user's ratings side by side already.
  const order = int32At(space, descent, 1)[0] === 0 ? 0 : await rowsByUser(space, columns.u, rows, start);
  const lanes = Array.from({ length: space.threads }, () => ({
    seen: space.allocate(4 * items),
    result: space.allocate(4),
  }));
  const ranges = userRanges(start, rowsAtOnce);
  await space.run(
    evenRanges(ranges.length, lanes.length).map((part) =>
      ranges.slice(part.from, part.to).map(({ from, to }, at) => {
        const { seen = 0, result = 0 } = lanes[at] ?? {};
        return kernelCall("countPairs", from, to, startAt, order, columns.i, seen, result);
      }),
    ),
  );
  return lanes.reduce((sum, { result }) => sum + (int32At(space, result, 1)[0] ?? 0), 0);
}
