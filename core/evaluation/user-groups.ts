import { createRandom } from "../random.ts";

/** With more users than this, groups of them are resampled in their place: what it costs then no longer grows with the users. */
export const mostResampled = 20_000;
/** The same users are always in the same groups. */
const seed = 20_261_123;

/**
 * The sums of columns [users] over random groups of users, equally large but for one user, `mostResampled` of them; the columns
 * themselves where there are no more users. Users are drawn independently, so are random groups of them: a total's spread
 * over resampled groups is, but for the chance of the division (1 / √(2 · groups) of it, half a percent), its spread over resampled users,
 * and signs that are exchangeable for each user are so for each group.
 */
export function sumsOfGroups(columns: readonly Float64Array[], groups: number = mostResampled): Float64Array[] {
  const users = columns[0]?.length ?? 0;
  if (users <= groups) return [...columns];
  const order = shuffled(users);
  return columns.map((column) => {
    const sums = new Float64Array(groups);
    for (let place = 0; place < users; place++) sums[place % groups]! += column[order[place]!]!;
    return sums;
  });
}

function shuffled(users: number): Int32Array {
  const random = createRandom(seed);
  const order = Int32Array.from({ length: users }, (_, user) => user);
  for (let last = users - 1; last > 0; last--) {
    const other = random.below(last + 1);
    const user = order[last]!;
    order[last] = order[other]!;
    order[other] = user;
  }
  return order;
}
