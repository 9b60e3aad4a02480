// Ratings by user, then item, and the text that a snapshot's id is made of: what core/ratings/column-order.ts calls.

const UNIT_SEPARATOR: u32 = 0x1f;
const RECORD_SEPARATOR: u32 = 0x1e;

/** Adds how many of the rows `from` … `to` each user has. */
export function countRows(u: usize, from: i32, to: i32, counts: usize): void {
  for (let row = from; row < to; row++) {
    const place = counts + ((<usize>load<u32>(u + ((<usize>row) << 2))) << 2);
    store<i32>(place, load<i32>(place) + 1);
  }
}

/** Puts the rows `from` … `to` of users `userFrom` … `userTo` where `next` says, which moves on. */
export function scatterToUsers(
  u: usize, from: i32, to: i32, userFrom: u32, userTo: u32, next: usize, rows: usize,
): void {
  const width = userTo - userFrom;
  for (let row = from; row < to; row++) {
    const user: u32 = load<u32>(u + ((<usize>row) << 2));
    if (user - userFrom >= width) continue;
    const cell = next + ((<usize>user) << 2);
    const place = load<u32>(cell);
    store<i32>(rows + ((<usize>place) << 2), row);
    store<u32>(cell, place + 1);
  }
}

/**
 * Sorts the rows of each of the users by item, and settles which row of a pair stays: `keep` 0: every row; 1 the first by
 * time (unknown times before known ones), 2 the last, 3 the one rated highest, of those the last; equal ones by place.
 * `kept` [users]: how many rows stay, in front of the user's rows. `used` [items] is set to 1 for their items.
 * `scratch` [2 · 8 · `longest` + 1024], `longest` of any user's rows.
 */
export function sortUsers(
  userFrom: i32, userTo: i32, start: usize, rows: usize, i: usize, times: usize, codes: usize, values: usize,
  keep: i32, scratch: usize, longest: i32, kept: usize, used: usize,
): void {
  for (let user = userFrom; user < userTo; user++) {
    const first = load<i32>(start + ((<usize>user) << 2));
    const n = load<i32>(start + ((<usize>user) << 2), 4) - first;
    const own = rows + ((<usize>first) << 2);
    let sorted = true;
    let bits: u64 = 0;
    let previous: u64 = 0;
    for (let at = 0; at < n; at++) {
      const row = load<u32>(own + ((<usize>at) << 2));
      const item: u64 = load<u32>(i + ((<usize>row) << 2));
      if (item < previous) sorted = false;
      previous = item;
      bits |= item;
      store<u64>(scratch + ((<usize>at) << 3), (item << 32) | row);
    }
    let keys = scratch;
    if (!sorted) keys = n <= 24 ? inserted(keys, n) : distributed(keys, scratch + ((<usize>longest) << 3), n, 64 - <i32>clz(bits));
    let count = 0;
    let lastItem: u64 = u64.MAX_VALUE;
    for (let at = 0; at < n; at++) {
      const key = load<u64>(keys + ((<usize>at) << 3));
      const row = <u32>key;
      const item = key >> 32;
      if (keep != 0 && item == lastItem) {
        const place = own + ((<usize>(count - 1)) << 2);
        if (isBetter(row, load<u32>(place), keep, times, codes, values)) store<u32>(place, row);
        continue;
      }
      lastItem = item;
      store<u32>(own + ((<usize>count) << 2), row);
      store<u8>(used + <usize>item, 1);
      count++;
    }
    store<i32>(kept + ((<usize>user) << 2), count);
  }
}

function isBetter(row: u32, than: u32, keep: i32, times: usize, codes: usize, values: usize): bool {
  if (keep == 3) {
    const a = load<f64>(values + ((<usize>load<u16>(codes + ((<usize>row) << 1))) << 3));
    const b = load<f64>(values + ((<usize>load<u16>(codes + ((<usize>than) << 1))) << 3));
    if (a != b) return a > b;
  }
  let a = load<f64>(times + ((<usize>row) << 3));
  let b = load<f64>(times + ((<usize>than) << 3));
  if (a != a) a = -Infinity;
  if (b != b) b = -Infinity;
  return keep == 1 ? a < b : a >= b;
}

function inserted(keys: usize, n: i32): usize {
  const end = keys + ((<usize>n) << 3);
  for (let at = keys + 8; at < end; at += 8) {
    const key = load<u64>(at);
    let to = at;
    while (to > keys && load<u64>(to - 8) > key) {
      store<u64>(to, load<u64>(to - 8));
      to -= 8;
    }
    store<u64>(to, key);
  }
  return keys;
}

/** Radix sort by the item's `bits` bits, eight at a time; rows were in their order and so stay. Returns where the result lies. */
function distributed(keys: usize, other: usize, n: i32, bits: i32): usize {
  let from = keys;
  let to = other;
  const digits = other + ((<usize>n) << 3);
  for (let shift: u64 = 32; shift < 32 + <u64>bits; shift += 8) {
    memory.fill(digits, 0, 1024);
    for (let at = 0; at < n; at++) {
      const cell = digits + ((<usize>(load<u64>(from + ((<usize>at) << 3)) >> shift) & 255) << 2);
      store<i32>(cell, load<i32>(cell) + 1);
    }
    let sum = 0;
    for (let digit: usize = 0; digit < 1024; digit += 4) {
      const count = load<i32>(digits + digit);
      store<i32>(digits + digit, sum);
      sum += count;
    }
    for (let at = 0; at < n; at++) {
      const key = load<u64>(from + ((<usize>at) << 3));
      const cell = digits + ((<usize>(key >> shift) & 255) << 2);
      const place = load<i32>(cell);
      store<u64>(to + ((<usize>place) << 3), key);
      store<i32>(cell, place + 1);
    }
    const swap = from;
    from = to;
    to = swap;
  }
  return from;
}

/** Moves the rows that stay together, where some did not. `from` … are user starts, `kept` how many stay of each. */
export function compactRows(userFrom: i32, userTo: i32, start: usize, kept: usize, rows: usize, to: i32): void {
  let place = rows + ((<usize>to) << 2);
  for (let user = userFrom; user < userTo; user++) {
    const bytes = (<usize>load<u32>(kept + ((<usize>user) << 2))) << 2;
    memory.copy(place, rows + ((<usize>load<u32>(start + ((<usize>user) << 2))) << 2), bytes);
    place += bytes;
  }
}

/** Different pairs among rows that lie by user: adds up items that the user's earlier rows do not have. `seen` [items] 0. */
export function countPairs(userFrom: i32, userTo: i32, start: usize, rows: usize, i: usize, seen: usize, result: usize): void {
  let pairs = load<u32>(result);
  for (let user = userFrom; user < userTo; user++) {
    const end = load<i32>(start + ((<usize>user) << 2), 4);
    for (let at = load<i32>(start + ((<usize>user) << 2)); at < end; at++) {
      const row = rows == 0 ? <usize>at : <usize>load<u32>(rows + ((<usize>at) << 2));
      const cell = seen + ((<usize>load<u32>(i + (row << 2))) << 2);
      if (load<i32>(cell) == user + 1) continue;
      store<i32>(cell, user + 1);
      pairs++;
    }
  }
  store<u32>(result, pairs);
}

/** Sets `used` to 1 for the ratings and leaves the least and greatest time (of those known) at `range`, of rows `from` … `to`. */
export function surveyRows(rows: usize, codes: usize, times: usize, from: i32, to: i32, used: usize, range: usize): void {
  let earliest = load<f64>(range);
  let latest = load<f64>(range, 8);
  for (let at = from; at < to; at++) {
    const row = <usize>load<u32>(rows + ((<usize>at) << 2));
    store<u8>(used + <usize>load<u16>(codes + (row << 1)), 1);
    const time = load<f64>(times + (row << 3));
    if (time < earliest) earliest = time;
    if (time > latest) latest = time;
  }
  store<f64>(range, earliest);
  store<f64>(range, latest, 8);
}

/**
 * The canonical text of rows `from` … `to` (docs/reference/formats.md), its length at `result`. `users`, `items`, `texts`: where the
 * texts of users, items and ratings begin in their bytes [n + 1]. Times are whole and not below 0, or NaN.
 * `parts`: 0 or a byte for each row, 255 where none was said.
 */
export function canonicalText(
  rows: usize, from: i32, to: i32, u: usize, i: usize, codes: usize, times: usize, parts: usize,
  users: usize, userBytes: usize, items: usize, itemBytes: usize, texts: usize, textBytes: usize,
  out: usize, result: usize,
): void {
  let end = out;
  for (let at = from; at < to; at++) {
    const row = <usize>load<u32>(rows + ((<usize>at) << 2));
    end = copied(end, users, userBytes, <usize>load<u32>(u + (row << 2)));
    store<u8>(end++, UNIT_SEPARATOR);
    end = copied(end, items, itemBytes, <usize>load<u32>(i + (row << 2)));
    store<u8>(end++, UNIT_SEPARATOR);
    end = copied(end, texts, textBytes, <usize>load<u16>(codes + (row << 1)));
    store<u8>(end++, UNIT_SEPARATOR);
    const time = load<f64>(times + (row << 3));
    if (time == time) end = digits(end, <u64>time);
    if (parts != 0) {
      const part: u64 = load<u8>(parts + row);
      if (part != 255) {
        store<u8>(end++, UNIT_SEPARATOR);
        end = digits(end, part);
      }
    }
    store<u8>(end++, RECORD_SEPARATOR);
  }
  store<u32>(result, <u32>(end - out));
}

@inline
function copied(to: usize, starts: usize, bytes: usize, number: usize): usize {
  const start = load<u32>(starts + (number << 2));
  const length = load<u32>(starts + (number << 2), 4) - start;
  const from = bytes + start;
  // Most texts are short: eight bytes too many are written over by what follows, and there is room behind the last.
  if (length <= 8) store<u64>(to, load<u64>(from));
  else memory.copy(to, from, length);
  return to + length;
}

const EIGHT_DIGITS: u64 = 100000000;

function digits(to: usize, value: u64): usize {
  if (value >= EIGHT_DIGITS && value < EIGHT_DIGITS * EIGHT_DIGITS) {
    const high = value / EIGHT_DIGITS;
    const end = digits(to, high);
    store<u64>(end, lastEight(value - high * EIGHT_DIGITS));
    return end + 8;
  }
  let length = 1;
  for (let limit: u64 = 10; length < 20 && value >= limit; limit *= 10) length++;
  let at = to + length;
  while (at > to) {
    const tenth = value / 10;
    store<u8>(--at, <u8>(48 + (value - 10 * tenth)));
    value = tenth;
  }
  return to + length;
}

/** Eight digits, the first in the lowest byte: halves, then pairs, then all of them divided at once by multiplying. */
function lastEight(value: u64): u64 {
  const top = value / 10000;
  const halves = top | ((value - top * 10000) << 32);
  const hundreds = ((halves * 10486) >> 20) & 0x0000007f0000007f;
  const pairs = hundreds | ((halves - hundreds * 100) << 16);
  const tens = ((pairs * 103) >> 10) & 0x000f000f000f000f;
  return 0x3030303030303030 + (tens | ((pairs - tens * 10) << 8));
}

/** Sets `result` to 1 when a row from `from` on, before `to`, is of a lower user than the row before it. */
export function findDescent(u: usize, from: i32, to: i32, result: usize): void {
  for (let row = max(from, 1); row < to; row++) {
    const place = u + ((<usize>row) << 2);
    if (load<i32>(place) < load<i32>(place - 4)) {
      store<i32>(result, 1);
      return;
    }
  }
}
