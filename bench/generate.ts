/**
 * Writes an invented set of ratings of any size: `node bench/generate.ts ml-25m DIRECTORY` or
 * `node bench/generate.ts USERS ITEMS RATINGS DIRECTORY [SEED]`.
 */
import { stat } from "node:fs/promises";
import { generateSample, movieLensShapes } from "../core/ratings/sample.ts";
import type { SampleShape } from "../core/ratings/sample.ts";

function parseArguments(given: readonly string[]): { shape: SampleShape; directory: string } | null {
  const [first, second] = given;
  if (first !== undefined && second !== undefined && Object.hasOwn(movieLensShapes, first)) {
    return { shape: movieLensShapes[first as keyof typeof movieLensShapes], directory: second };
  }
  const [users, items, ratings] = given.slice(0, 3).map(Number);
  const directory = given[3];
  if (!Number.isInteger(users) || !Number.isInteger(items) || !Number.isInteger(ratings) || directory === undefined)
    return null;
  return {
    shape: { users: users ?? 0, items: items ?? 0, ratings: ratings ?? 0, seed: Number(given[4] ?? 42) },
    directory,
  };
}

const parsed = parseArguments(process.argv.slice(2));
if (parsed === null) {
  console.error(
    `usage: generate.ts ${Object.keys(movieLensShapes).join("|")} DIRECTORY\n       generate.ts USERS ITEMS RATINGS DIRECTORY [SEED]`,
  );
  process.exitCode = 64;
} else {
  const started = performance.now();
  const { ratingsPath } = await generateSample(parsed.shape, parsed.directory);
  const seconds = (performance.now() - started) / 1000;
  const { size } = await stat(ratingsPath);
  console.log(
    JSON.stringify({
      ...parsed.shape,
      ratingsPath,
      bytes: size,
      seconds: Number(seconds.toFixed(1)),
      peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
    }),
  );
}
