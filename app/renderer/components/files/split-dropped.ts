/** Which of the files dropped together are the ratings and which their titles, by their names. */
export function ratingsAndTitles(paths: readonly string[]): {
  readonly ratings: string | undefined;
  readonly titles: string | undefined;
} {
  if (paths.length < 2) return { ratings: paths[0], titles: undefined };
  const titles = paths.find((path) => /item|movie|film|title/i.test(path.split(/[\\/]/).at(-1) ?? ""));
  return { ratings: paths.find((path) => path !== titles), titles };
}
