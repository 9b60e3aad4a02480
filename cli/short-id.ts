import { ReelbenchError } from "../core/contract/errors.ts";

export interface Named {
  readonly id: string;
  readonly name?: string | undefined;
}

/** Enough of an id to read and to type. */
export function shortId(id: string): string {
  return id.slice(0, 9);
}

/**
 * What a person meant: an id, the beginning of one, or a name. Throws RB_NOT_FOUND, or RB_INVALID_INPUT where it could be
 * several.
 */
export function findNamed<T extends Named>(all: readonly T[], given: string, noun: string): T {
  const exact = all.find(({ id }) => id === given);
  if (exact !== undefined) return exact;
  const begins = all.filter(({ id }) => id.startsWith(given.toLowerCase()));
  const matches = begins.length > 0 ? begins : all.filter(({ name }) => name === given);
  const [only, ...others] = matches;
  if (only === undefined) throw new ReelbenchError("RB_NOT_FOUND", `There is no ${noun} "${given}" in this workspace.`);
  if (others.length > 0) {
    throw new ReelbenchError(
      "RB_INVALID_INPUT",
      `"${given}" could be ${matches.map(({ id }) => id).join(", ")}; give more of the ${noun}'s id.`,
    );
  }
  return only;
}

/** What was named, or the newest (lists come newest first). */
export function findOrNewest<T extends Named>(
  all: readonly T[],
  given: string | undefined,
  noun: string,
  how: string,
): T {
  if (given !== undefined) return findNamed(all, given, noun);
  const [newest] = all;
  if (newest === undefined) throw new ReelbenchError("RB_NOT_FOUND", `This workspace has no ${noun} yet; ${how}.`);
  return newest;
}
