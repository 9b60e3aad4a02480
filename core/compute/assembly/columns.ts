// Columns of numbers as pages of a Parquet file and back: whole numbers as differences (DELTA_BINARY_PACKED), ratings as
// numbers of a dictionary (RLE_DICTIONARY, one bit-packed run), unknown values as definition levels of one bit. The formats:
// parquet.apache.org, "Encodings". What core/ratings/columns/ calls for every group of rows.

/** Values of a block, and of each of its four miniblocks. */
const BLOCK: i32 = 128;
const MINIBLOCK: i32 = 32;
/** Stands for an unknown value in columns of 64-bit integers. */
const UNKNOWN: i64 = i64.MIN_VALUE;

// What an encoder leaves at `result`: bytes written, values that are known, the least and the greatest of them (64 bits each).

/**
 * Rows `from` … of a column of 32-bit integers: `rows` (0: all, in their order) says which, `map` (0: none) what each becomes.
 * `scratch` [8 · n].
 */
export function encodeInts(
  column: usize, rows: usize, map: usize, from: i32, n: i32, scratch: usize, out: usize, result: usize,
): void {
  for (let at = 0; at < n; at++) {
    const row = rowAt(rows, from + at);
    const value = load<i32>(column + (row << 2));
    store<i64>(scratch + ((<usize>at) << 3), map == 0 ? value : load<i32>(map + ((<usize>value) << 2)));
  }
  finish(out, packDeltas(scratch, n, out, result), n, result);
}

/** Bytes, of which `none` is an unknown value. Definition levels stand in front. */
export function encodeBytes(
  column: usize, rows: usize, none: u32, from: i32, n: i32, scratch: usize, out: usize, result: usize,
): void {
  for (let at = 0; at < n; at++) {
    const value: u32 = load<u8>(column + rowAt(rows, from + at));
    store<i64>(scratch + ((<usize>at) << 3), value == none ? UNKNOWN : <i64>value);
  }
  encodeOptional(scratch, n, out, result);
}

/** Times as whole seconds, of `unit` a second (NaN: none is known); NaN: unknown. Definition levels stand in front. */
export function encodeTimes(
  column: usize, rows: usize, unit: f64, from: i32, n: i32, scratch: usize, out: usize, result: usize,
): void {
  for (let at = 0; at < n; at++) {
    const seconds = floor(load<f64>(column + (rowAt(rows, from + at) << 3)) / unit);
    store<i64>(scratch + ((<usize>at) << 3), seconds == seconds ? <i64>seconds : UNKNOWN);
  }
  encodeOptional(scratch, n, out, result);
}

/** Numbers of a dictionary (16 bits each) of which none is wider than `width` bits. */
export function encodeCodes(
  column: usize, rows: usize, width: i32, from: i32, n: i32, out: usize, result: usize,
): void {
  const groups = (n + 7) >> 3;
  store<u8>(out, width);
  let to = varint(out + 1, ((<u64>groups) << 1) | 1);
  const end = to + <usize>(groups * width);
  let word: u64 = 0;
  let bits = 0;
  for (let at = 0; at < n; at++) {
    word |= (<u64>load<u16>(column + (rowAt(rows, from + at) << 1))) << bits;
    bits += width;
    while (bits >= 8) {
      store<u8>(to++, <u8>word);
      word >>= 8;
      bits -= 8;
    }
  }
  if (bits > 0) store<u8>(to++, <u8>word);
  while (to < end) store<u8>(to++, 0);
  finish(out, end, n, result);
}

/** What the codes of a dictionary of 64-bit floats stand for, one after the other. */
export function encodeValues(
  column: usize, rows: usize, values: usize, from: i32, n: i32, out: usize, result: usize,
): void {
  for (let at = 0; at < n; at++) {
    const code = <usize>load<u16>(column + (rowAt(rows, from + at) << 1));
    store<f64>(out + ((<usize>at) << 3), load<f64>(values + (code << 3)));
  }
  finish(out, out + ((<usize>n) << 3), n, result);
}

@inline
function rowAt(rows: usize, at: i32): usize {
  return rows == 0 ? <usize>at : <usize>load<u32>(rows + ((<usize>at) << 2));
}

function finish(out: usize, end: usize, known: i32, result: usize): void {
  store<u32>(result, <u32>(end - out));
  store<i32>(result, known, 4);
}

/** Definition levels of `values`, then those that are known. */
function encodeOptional(values: usize, n: i32, out: usize, result: usize): void {
  let known = 0;
  for (let at = 0; at < n; at++) known += <i32>(load<i64>(values + ((<usize>at) << 3)) != UNKNOWN);
  let to = out + 4;
  if (known == n || known == 0) {
    to = varint(to, (<u64>n) << 1);
    store<u8>(to++, known == 0 ? 0 : 1);
  } else {
    const groups = (n + 7) >> 3;
    to = varint(to, ((<u64>groups) << 1) | 1);
    memory.fill(to, 0, groups);
    let kept: usize = values;
    for (let at = 0; at < n; at++) {
      const value = load<i64>(values + ((<usize>at) << 3));
      if (value == UNKNOWN) continue;
      const byte = to + (at >> 3);
      store<u8>(byte, load<u8>(byte) | (<u8>1 << (<u8>at & 7)));
      store<i64>(kept, value);
      kept += 8;
    }
    to += groups;
  }
  store<u32>(out, <u32>(to - out - 4));
  finish(out, known == 0 ? emptyDeltas(to) : packDeltas(values, known, to, result), known, result);
}

function emptyDeltas(out: usize): usize {
  return varint(varint(varint(varint(out, BLOCK), BLOCK / MINIBLOCK), 0), 0);
}

/** `n` > 0 integers as differences; returns the end, and leaves the least and greatest of them at `result` + 8. */
function packDeltas(values: usize, n: i32, out: usize, result: usize): usize {
  let previous = load<i64>(values);
  let least = previous;
  let greatest = previous;
  let to = varint(varint(varint(out, BLOCK), BLOCK / MINIBLOCK), n);
  to = varint(to, zigzag(previous));
  for (let at = 1; at < n; at += BLOCK) {
    const count = min(BLOCK, n - at);
    const block = values + ((<usize>at) << 3);
    let smallest = i64.MAX_VALUE;
    for (let k = 0; k < count; k++) {
      const place = block + ((<usize>k) << 3);
      const value = load<i64>(place);
      const delta = value - previous;
      store<i64>(place, delta);
      smallest = min(smallest, delta);
      least = min(least, value);
      greatest = max(greatest, value);
      previous = value;
    }
    to = varint(to, zigzag(smallest));
    let width = to;
    to += BLOCK / MINIBLOCK;
    for (let first = 0; first < BLOCK; first += MINIBLOCK, width++) {
      if (first >= count) {
        store<u8>(width, 0);
        continue;
      }
      const last = min(first + MINIBLOCK, count);
      let all: u64 = 0;
      for (let k = first; k < last; k++) all |= <u64>(load<i64>(block + ((<usize>k) << 3)) - smallest);
      const bits = <i32>(64 - clz(all));
      store<u8>(width, bits);
      if (bits == 0) continue;
      let word: u64 = 0;
      let used = 0;
      for (let k = first; k < last; k++) {
        const delta = <u64>(load<i64>(block + ((<usize>k) << 3)) - smallest);
        word |= delta << used;
        used += bits;
        if (used >= 64) {
          store<u64>(to, word);
          to += 8;
          used -= 64;
          word = used == 0 ? 0 : delta >> (bits - used);
        }
      }
      // A miniblock is always whole: 4 · bits bytes, as 32 · bits is a whole number of bytes.
      const end = to + (<usize>(MINIBLOCK * bits - (last - first) * bits) + <usize>used) / 8;
      store<u64>(to, word);
      if (end > to + 8) memory.fill(to + 8, 0, end - to - 8);
      to = end;
    }
  }
  store<i64>(result, least, 8);
  store<i64>(result, greatest, 16);
  return to;
}

@inline
function zigzag(value: i64): u64 {
  return <u64>((value << 1) ^ (value >> 63));
}

function varint(to: usize, value: u64): usize {
  while (value >= 128) {
    store<u8>(to++, <u8>(value | 128));
    value >>= 7;
  }
  store<u8>(to++, <u8>value);
  return to;
}

// ── and back ────────────────────────────────────────────────────────────────────────────────────────────────────────
// Decoders are given bytes that anyone may have written: they read nothing behind `end` but the 16 bytes that follow it, write
// exactly `n` values, and leave 1 at `result` when all was as they write it themselves, else 0.

/** Where the last varint that was read ends; 0 when it went past the end. */
let cursor: usize = 0;

function readVarint(from: usize, end: usize): u64 {
  let value: u64 = 0;
  let shift: u64 = 0;
  while (from < end && shift < 64) {
    const byte: u64 = load<u8>(from++);
    value |= (byte & 127) << shift;
    if (byte < 128) {
      cursor = from;
      return value;
    }
    shift += 7;
  }
  cursor = 0;
  return 0;
}

@inline
function unzigzag(value: u64): i64 {
  return <i64>(value >> 1) ^ -(<i64>(value & 1));
}

/** Differences back to `n` integers at `out` (64 bits each). Whether that is what the bytes hold. */
function unpackDeltas(from: usize, end: usize, n: i32, out: usize): bool {
  if (readVarint(from, end) != BLOCK || cursor == 0) return false;
  if (readVarint(cursor, end) != BLOCK / MINIBLOCK || cursor == 0) return false;
  if (readVarint(cursor, end) != <u64>n || cursor == 0) return false;
  let value = unzigzag(readVarint(cursor, end));
  if (cursor == 0) return false;
  if (n == 0) return true;
  store<i64>(out, value);
  let at = cursor;
  for (let first = 1; first < n; first += BLOCK) {
    const smallest = unzigzag(readVarint(at, end));
    if (cursor == 0) return false;
    const widths = cursor;
    at = widths + BLOCK / MINIBLOCK;
    if (at > end) return false;
    for (let mini = 0; mini < BLOCK / MINIBLOCK; mini++) {
      const start = first + mini * MINIBLOCK;
      if (start >= n) break;
      const count = min(MINIBLOCK, n - start);
      const bits = <u64>load<u8>(widths + mini);
      const next = at + <usize>(4 * bits);
      // Differences of 32-bit numbers and of seconds are far from 57 bits.
      if (bits > 56 || next > end) return false;
      const mask: u64 = ((<u64>1) << bits) - 1;
      let bit: u64 = 0;
      let to = out + ((<usize>start) << 3);
      for (let k = 0; k < count; k++, bit += bits, to += 8) {
        value += smallest + <i64>((load<u64>(at + <usize>(bit >> 3)) >> (bit & 7)) & mask);
        store<i64>(to, value);
      }
      at = next;
    }
  }
  return true;
}

/** Integers from 0 to `below` − 1, each replaced by what `map` (0: nothing) has for it. `scratch` [8 · n], `out` [4 · n]. */
export function decodeInts(
  from: usize, length: i32, n: i32, below: i32, map: usize, scratch: usize, out: usize, result: usize,
): void {
  let good = unpackDeltas(from, from + length, n, scratch);
  for (let at = 0; good && at < n; at++) {
    const value = load<i64>(scratch + ((<usize>at) << 3));
    if (<u64>value >= <u64>below) good = false;
    else
      store<i32>(out + ((<usize>at) << 2), map == 0 ? <i32>value : load<i32>(map + ((<usize>value) << 2)));
  }
  store<i32>(result, good);
}

/** Behind definition levels, 0 for what is none of those written here; `levels` at `cursor`, or all of them `levelOfAll`. */
let levelOfAll: i32 = 0;

function readLevels(from: usize, end: usize, n: i32): usize {
  if (from + 4 > end) return 0;
  const length = <usize>load<u32>(from);
  const levels = from + 4;
  if (length > end - levels) return 0;
  const behind = levels + length;
  const header = readVarint(levels, behind);
  if (cursor == 0) return 0;
  if (header & 1) {
    levelOfAll = -1;
    if (header >> 1 != <u64>((n + 7) >> 3) || cursor + <usize>(header >> 1) != behind) return 0;
  } else {
    if (header >> 1 != <u64>n || cursor + 1 != behind) return 0;
    levelOfAll = load<u8>(cursor);
    if (levelOfAll > 1) return 0;
  }
  return behind;
}

/** Behind definition levels, integers as 64-bit floats, NaN where unknown. `scratch` [8 · n], `out` [8 · n]. */
export function decodeTimes(from: usize, length: i32, n: i32, scratch: usize, out: usize, result: usize): void {
  const end = from + length;
  const values = readLevels(from, end, n);
  let good = values != 0;
  if (good && levelOfAll == 1) {
    good = unpackDeltas(values, end, n, scratch);
    for (let at = 0; good && at < n; at++)
      store<f64>(out + ((<usize>at) << 3), <f64>load<i64>(scratch + ((<usize>at) << 3)));
  } else if (good && levelOfAll == 0) {
    for (let at = 0; at < n; at++) store<f64>(out + ((<usize>at) << 3), NaN);
  } else if (good) {
    const levels = cursor;
    const known = knownOf(levels, n);
    good = unpackDeltas(values, end, known, scratch);
    let next = scratch;
    for (let at = 0; good && at < n; at++) {
      const isKnown = (load<u8>(levels + (at >> 3)) >> (<u8>at & 7)) & 1;
      store<f64>(out + ((<usize>at) << 3), isKnown ? <f64>load<i64>(next) : NaN);
      if (isKnown) next += 8;
    }
  }
  store<i32>(result, good);
}

/** The same as bytes, `none` where unknown. `scratch` [8 · n], `out` [n]. */
export function decodeBytes(
  from: usize, length: i32, n: i32, none: i32, scratch: usize, out: usize, result: usize,
): void {
  const end = from + length;
  const values = readLevels(from, end, n);
  let good = values != 0;
  const levels = cursor;
  const all = levelOfAll;
  const known = good ? (all == 0 ? 0 : all == 1 ? n : knownOf(levels, n)) : 0;
  if (good) good = unpackDeltas(values, end, known, scratch);
  let next = scratch;
  for (let at = 0; good && at < n; at++) {
    const isKnown = all >= 0 ? all == 1 : ((load<u8>(levels + (at >> 3)) >> (<u8>at & 7)) & 1) == 1;
    let value: i64 = none;
    if (isKnown) {
      value = load<i64>(next);
      next += 8;
      if (<u64>value > 255) good = false;
    }
    store<u8>(out + at, <u8>value);
  }
  store<i32>(result, good);
}

function knownOf(levels: usize, n: i32): i32 {
  let known = 0;
  for (let at = 0; at < n; at++) known += (load<u8>(levels + (at >> 3)) >> (<u8>at & 7)) & 1;
  return known;
}

/** Numbers of a dictionary of `size` values, each replaced by what `map` (0: nothing) has for it (16 bits). `out` [2 · n]. */
export function decodeCodes(
  from: usize, length: i32, n: i32, size: i32, map: usize, out: usize, result: usize,
): void {
  const packed = openCodes(from, length, n);
  let good = packed != 0;
  const width: u64 = good ? load<u8>(from) : 0;
  for (let at = 0, bit: u64 = 0; good && at < n; at++, bit += width) {
    const code = codeAt(packed, bit, width);
    if (code >= size) good = false;
    else store<u16>(out + ((<usize>at) << 1), map == 0 ? <u16>code : load<u16>(map + ((<usize>code) << 1)));
  }
  store<i32>(result, good);
}

/** The same as what `values` (float32) has for them. `out` [4 · n]. */
export function decodeRatings(
  from: usize, length: i32, n: i32, size: i32, values: usize, out: usize, result: usize,
): void {
  const packed = openCodes(from, length, n);
  let good = packed != 0;
  const width: u64 = good ? load<u8>(from) : 0;
  for (let at = 0, bit: u64 = 0; good && at < n; at++, bit += width) {
    const code = codeAt(packed, bit, width);
    if (code >= size) good = false;
    else store<f32>(out + ((<usize>at) << 2), load<f32>(values + ((<usize>code) << 2)));
  }
  store<i32>(result, good);
}

/** Where one bit-packed run of all `n` numbers begins; 0 when the bytes are anything else. */
function openCodes(from: usize, length: i32, n: i32): usize {
  if (length < 2) return 0;
  const end = from + length;
  const width: u64 = load<u8>(from);
  const header = readVarint(from + 1, end);
  if (cursor == 0 || width > 16 || (header & 1) == 0 || header >> 1 != <u64>((n + 7) >> 3)) return 0;
  return cursor + <usize>((header >> 1) * width) <= end ? cursor : 0;
}

@inline
function codeAt(packed: usize, bit: u64, width: u64): i32 {
  const mask: u64 = ((<u64>1) << width) - 1;
  return <i32>((<u64>load<u32>(packed + <usize>(bit >> 3)) >> (bit & 7)) & mask);
}
