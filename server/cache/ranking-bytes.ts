import { deflateSync, inflateSync } from "node:zlib";
import { rankingLength } from "../../core/production/cache-keys.ts";
import type { Basis } from "../live-model/score-job.ts";
import type { Ranking } from "./ranking.ts";

/**
 * A ranking as Redis keeps it: the byte `formatByte`, then, as one zlib stream (whose checksum finds damage), basis, ratings used,
 * count, the items' dense indices and the scores. Numbers of several bytes stand byte by byte: first all lowest bytes,
 * then all second ones, because those are what resembles each other. Indices are the version's own, which is in the key.
 */
const formatByte = 0xa1;
const bases: readonly Basis[] = ["personal", "fold-in", "preferences", "popularity"];
const headBytes = 7;

export function packRanking({ basis, ratingsUsed, items, scores }: Ranking): Buffer {
  const count = items.length;
  const plain = Buffer.alloc(headBytes + 12 * count);
  plain.writeUInt8(bases.indexOf(basis), 0);
  plain.writeUInt32LE(ratingsUsed, 1);
  plain.writeUInt16LE(count, 5);
  split(Buffer.from(Uint32Array.from(items).buffer), plain, headBytes, 4);
  split(Buffer.from(Float64Array.from(scores).buffer), plain, headBytes + 4 * count, 8);
  const packed = deflateSync(plain, { level: 3 });
  return Buffer.concat([Buffer.from([formatByte]), packed]);
}

/** Null for whatever is no ranking of at most `longest` among that many items: Redis is outside, too. */
export function unpackRanking(bytes: Buffer, itemCount: number, longest = rankingLength): Ranking | null {
  if (bytes[0] !== formatByte) return null;
  let plain: Buffer;
  try {
    plain = inflateSync(bytes.subarray(1), { maxOutputLength: headBytes + 12 * longest });
  } catch {
    return null;
  }
  if (plain.length < headBytes) return null;
  const basis = bases[plain.readUInt8(0)];
  const count = plain.readUInt16LE(5);
  if (basis === undefined || plain.length !== headBytes + 12 * count) return null;
  const items = Array.from(new Uint32Array(join(plain, headBytes, count, 4)));
  const scores = Array.from(new Float64Array(join(plain, headBytes + 4 * count, count, 8)));
  if (items.some((i) => i >= itemCount) || !scores.every(Number.isFinite)) return null;
  return { basis, ratingsUsed: plain.readUInt32LE(1), items, scores };
}

function split(from: Buffer, to: Buffer, start: number, width: number): void {
  const count = from.length / width;
  for (let at = 0; at < count; at++)
    for (let byte = 0; byte < width; byte++) to[start + byte * count + at] = from[at * width + byte] ?? 0;
}

function join(from: Buffer, start: number, count: number, width: number): ArrayBuffer {
  const to = new Uint8Array(count * width);
  for (let at = 0; at < count; at++)
    for (let byte = 0; byte < width; byte++) to[at * width + byte] = from[start + byte * count + at] ?? 0;
  return to.buffer;
}
