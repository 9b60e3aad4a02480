import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateSample } from "../core/ratings/sample.ts";
import type { SampleShape } from "../core/ratings/sample.ts";
import type { Ratings } from "./ratings-file.ts";

/**
 * The ratings of an invented world (`core/ratings/sample.ts`) in memory; user u and item i are the world's own numbers. Parsed
 * byte by byte: `readRatingsFile` would hold ten million lines as strings.
 */
export async function sampleRatings(shape: SampleShape): Promise<Ratings & { readonly time: Float64Array }> {
  const directory = await mkdtemp(join(tmpdir(), "reelbench-world-"));
  try {
    const { ratingsPath } = await generateSample(shape, directory);
    return parse(await readFile(ratingsPath), shape);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const [newline, comma, point, zero] = [10, 44, 46, 48];

function parse(bytes: Uint8Array, { users, items, ratings: count }: SampleShape): Ratings & { time: Float64Array } {
  const [user, item] = [new Int32Array(count), new Int32Array(count)];
  const [rating, time] = [new Float32Array(count), new Float64Array(count)];
  let at = bytes.indexOf(newline) + 1;
  for (let n = 0; n < count; n++) {
    user[n] = field(comma) - 1;
    item[n] = field(comma) - 1;
    // "3.5" is read as 35.
    rating[n] = field(comma) / 10;
    time[n] = field(newline);
  }
  return { users, items, user, item, rating, time };

  /** The digits up to `end`, points left out. */
  function field(end: number): number {
    let value = 0;
    for (; bytes[at] !== end && at < bytes.length; at++) {
      const byte = bytes[at] ?? zero;
      if (byte !== point) value = value * 10 + byte - zero;
    }
    at++;
    return value;
  }
}
