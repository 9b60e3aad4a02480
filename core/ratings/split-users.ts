import type { SplitProtocol } from "../contract/entities.ts";
import { createRandom } from "../random.ts";
import { testFoldInPart, testPart, trainPart, validationFoldInPart, validationPart } from "./split-parts.ts";
import { forEachUser, timeOf } from "./split-temporal.ts";
import type { RatingColumns } from "./rating-columns.ts";

type HeldOutUsers = Extract<SplitProtocol, { protocol: "held-out-users" }>;

/**
 * Strong generalisation (Marlin 2004; Liang et al. 2018, §4.1): whole users are kept out of training, and a share of each
 * one's ratings is folded in. Somebody with a single rating has none to test and stays in training; of everybody else at
 * least one rating is tested and one is folded in.
 */
export function heldOutUserParts(ratings: RatingColumns, protocol: HeldOutUsers, seed: number): Uint8Array {
  const random = createRandom(seed);
  const parts = new Uint8Array(ratings.count).fill(trainPart);
  const people: { start: number; end: number }[] = [];
  forEachUser(ratings, (start, end) => {
    if (end - start >= 2) people.push({ start, end });
  });
  shuffle(people, random);
  const tested = Math.round(people.length * protocol.testShare);
  const validated = Math.round((people.length - tested) * (protocol.validationShare ?? 0));
  const held = people.slice(0, tested + validated);
  held.forEach(({ start, end }, at) => {
    const [part, folded] = at < tested ? [testPart, testFoldInPart] : [validationPart, validationFoldInPart];
    const rows = Array.from({ length: end - start }, (_, offset) => start + offset);
    shuffle(rows, random);
    // Sorting is stable: the shuffle decides between ratings of the same time.
    if (protocol.foldInBy === "time") rows.sort((a, b) => timeOf(ratings, a) - timeOf(ratings, b) || 0);
    const given = Math.min(rows.length - 1, Math.max(1, Math.round(rows.length * protocol.foldInShare)));
    rows.forEach((row, place) => (parts[row] = place < given ? folded : part));
  });
  return parts;
}

/** Fisher and Yates. */
function shuffle(list: unknown[], random: ReturnType<typeof createRandom>): void {
  for (let at = list.length - 1; at > 0; at--) {
    const other = random.below(at + 1);
    const kept = list[at];
    const moved = list[other];
    if (kept === undefined || moved === undefined) continue;
    list[at] = moved;
    list[other] = kept;
  }
}
