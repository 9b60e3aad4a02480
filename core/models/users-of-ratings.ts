import type { TrainingSet } from "./algorithm.ts";

/** [ratings] the user of each rating. */
export function usersOf(data: TrainingSet): Int32Array {
  const user = new Int32Array(data.item.length);
  for (let u = 0; u < data.users; u++) user.fill(u, data.userStart[u], data.userStart[u + 1]);
  return user;
}
