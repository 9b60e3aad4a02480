// Plain delimited records, cut and converted: what core/ratings/plain-scan.ts calls for every piece of a file. Eight bytes at a
// time (SWAR): an id or rating of at most seven bytes is its own key, compared and looked up as one number.

const LINE_FEED: u32 = 10;
const CARRIAGE_RETURN: u32 = 13;
const QUOTE: u32 = 34;
const DOT: u32 = 46;
const MINUS: u32 = 45;
const LONGEST_ID: usize = 512;
/** The exact path has a limit of its own, far above this. */
const LONGEST_LINE: usize = 65536;
/** Decimal numbers of so many digits are exact as a whole number, and as its quotient by a power of ten correctly rounded. */
const MOST_DIGITS: i32 = 15;
const LARGEST_WHOLE: f64 = 9007199254740991;

const ONES: u64 = 0x0101010101010101;
const HIGHS: u64 = 0x8080808080808080;
const ZEROS: u64 = 0x3030303030303030;
/** 2^64 / golden ratio: spreads keys over the high bits of a product (Knuth, TAOCP 3, §6.4). */
const GOLDEN: u64 = 0x9e3779b97f4a7c15;

// Roles of columns.
const USER: u32 = 1;
const ITEM: u32 = 2;
const RATING: u32 = 3;
const TIME: u32 = 4;

/**
 * Reads a piece of whole lines, each with its line end, behind which lie 16 bytes of anything. All it needs stands at `lane`
 * (i32 each): bytes, their length, the first line's number, rows expected, where in the columns they go, delimiter, number of
 * fields, roles [fields] (bytes), whether fields may be quoted, `ordinary` [256] (1 for bytes that may stand in a field),
 * tables of users, items (`numberOf`) with room for an id a row, and ratings (`codeOf`), columns line, u, i (32 bits),
 * code (16 bits), time (float64); then what it leaves: rows read (−1: something is not plain, or there are more than
 * expected), and at byte 72 the least and greatest time.
 */
export function readPlainRecords(lane: usize): void {
  store<i32>(lane, recordsOf(lane), 64);
}

function recordsOf(lane: usize): i32 {
  let at = <usize>load<u32>(lane);
  const end = at + load<u32>(lane, 4);
  let line = load<i32>(lane, 8);
  const expected = load<i32>(lane, 12);
  const first = <usize>load<u32>(lane, 16);
  const delimiter = load<u32>(lane, 20);
  const width = load<i32>(lane, 24);
  const roles = <usize>load<u32>(lane, 28);
  const quotes = load<u32>(lane, 32);
  const ordinary = <usize>load<u32>(lane, 36);
  const users = <usize>load<u32>(lane, 40);
  const items = <usize>load<u32>(lane, 44);
  const ratings = <usize>load<u32>(lane, 48);
  const columns = <usize>load<u32>(lane, 52);
  let lines = <usize>load<u32>(columns) + (first << 2);
  let us = <usize>load<u32>(columns, 4) + (first << 2);
  let is = <usize>load<u32>(columns, 8) + (first << 2);
  let codes = <usize>load<u32>(columns, 12) + (first << 1);
  let times = <usize>load<u32>(columns, 16) + (first << 3);
  const delimiters = ONES * <u64>delimiter;
  const quoteByte: u32 = quotes ? QUOTE : 256;
  let earliest = load<f64>(lane, 72);
  let latest = load<f64>(lane, 80);
  let row = 0;
  let lastKey: u64 = 0;
  let lastUser = -1;
  while (at < end) {
    let byte: u32 = load<u8>(at);
    // An empty line is no record.
    if (byte == LINE_FEED || (byte == CARRIAGE_RETURN && load<u8>(at, 1) == LINE_FEED)) {
      at += byte == LINE_FEED ? 1 : 2;
      line++;
      continue;
    }
    if (row >= expected) return -1;
    const start = at;
    let user = 0;
    let item = 0;
    let code = 0;
    let time: f64 = 0;
    let field = 0;
    for (;;) {
      if (field >= width) return -1;
      let from = at;
      let length: usize;
      const word = load<u64>(at);
      let key: u64;
      if (<u32>(word & 255) == quoteByte) {
        at = ++from;
        while (load<u8>(ordinary + load<u8>(at))) at++;
        if (load<u8>(at) != QUOTE) return -1;
        length = at++ - from;
        key = length < 8 ? load<u64>(from) & ((<u64>1 << (length << 3)) - 1) : 0;
      } else {
        let stop = stops(word, delimiters);
        if (stop != 0) {
          length = <usize>(ctz(stop) >> 3);
          key = word & ((<u64>1 << (length << 3)) - 1);
          at += length;
        } else {
          do {
            at += 8;
            stop = stops(load<u64>(at), delimiters);
          } while (stop == 0);
          at += <usize>(ctz(stop) >> 3);
          length = at - from;
          key = 0;
        }
      }
      const role: u32 = load<u8>(roles + field);
      if (role == USER) {
        if (key == 0 || key != lastKey) {
          lastUser = numberOf(users, from, length, key, ordinary);
          if (lastUser < 0) return -1;
          lastKey = key;
        }
        user = lastUser;
      } else if (role == ITEM) {
        item = numberOf(items, from, length, key, ordinary);
        if (item < 0) return -1;
      } else if (role == RATING) {
        code = codeOf(ratings, from, length, key);
        if (code < 0) return -1;
      } else if (role == TIME) {
        time = moment(from, length);
        if (time != time) return -1;
        earliest = min(earliest, time);
        latest = max(latest, time);
      } else {
        for (let k: usize = 0; k < length; k++) if (!load<u8>(ordinary + load<u8>(from + k))) return -1;
      }
      field++;
      byte = load<u8>(at);
      if (byte == delimiter) {
        at++;
        continue;
      }
      if (byte == LINE_FEED) at++;
      else if (byte == CARRIAGE_RETURN && load<u8>(at, 1) == LINE_FEED) at += 2;
      else return -1;
      break;
    }
    if (field != width || at > end || at - start > LONGEST_LINE) return -1;
    store<i32>(lines, line++);
    store<i32>(us, user);
    store<i32>(is, item);
    store<u16>(codes, <u16>code);
    store<f64>(times, time);
    lines += 4;
    us += 4;
    is += 4;
    codes += 2;
    times += 8;
    row++;
  }
  store<f64>(lane, earliest, 72);
  store<f64>(lane, latest, 80);
  return row;
}

/** The high bit of each byte that ends a field, of which the lowest is right: the delimiter, or one below `!`. */
@inline
function stops(word: u64, delimiters: u64): u64 {
  const other = word ^ delimiters;
  return (((other - ONES) & ~other) | ((word - 0x21 * ONES) & ~word)) & HIGHS;
}

/**
 * The number of an id in a table, a new one for an id not met before; −1 for what is no id. `key`: the text of less than eight
 * bytes as a number. The table (i32): slots (16 bytes: key, number + 1; 0: empty), their mask, how far a product is shifted to
 * give a slot, starts by number in the arena, how many ids, arena, bytes used of it.
 */
function numberOf(table: usize, text: usize, length: usize, short: u64, ordinary: usize): i32 {
  if (length == 0 || length > LONGEST_ID) return -1;
  const key = length < 8 ? short : longKey(text, length);
  const slots = <usize>load<u32>(table);
  const mask = load<u32>(table, 4);
  let slot = <u32>((key * GOLDEN) >> <u64>load<u32>(table, 8));
  let entry: usize;
  for (;;) {
    entry = slots + ((<usize>slot) << 4);
    const found = load<i32>(entry, 8) - 1;
    if (found < 0) break;
    if (load<u64>(entry) == key && (length < 8 || isText(table, found, text, length))) return found;
    slot = (slot + 1) & mask;
  }
  // Known ids are plain; only new ones need a look.
  for (let k: usize = 0; k < length; k++) if (!load<u8>(ordinary + load<u8>(text + k))) return -1;
  return added(table, entry, key, text, length);
}

function added(table: usize, entry: usize, key: u64, text: usize, length: usize): i32 {
  const number = load<i32>(table, 16);
  const used = load<u32>(table, 24);
  memory.copy(<usize>load<u32>(table, 20) + used, text, length);
  store<u32>(table, used + <u32>length, 24);
  store<u32>(<usize>load<u32>(table, 12) + ((<usize>number) << 2), used + <u32>length, 4);
  store<u64>(entry, key);
  store<i32>(entry, number + 1, 8);
  store<i32>(table, number + 1, 16);
  return number;
}

function isText(table: usize, number: i32, text: usize, length: usize): bool {
  const starts = <usize>load<u32>(table, 12) + ((<usize>number) << 2);
  const from = load<u32>(starts);
  if (load<u32>(starts, 4) - from != <u32>length) return false;
  return memory.compare(<usize>load<u32>(table, 20) + from, text, length) == 0;
}

/** A hash of a text of eight bytes and more; its high bit tells it from the key of a shorter one. */
function longKey(text: usize, length: usize): u64 {
  const end = text + length - 8;
  let hash: u64 = length;
  for (; text < end; text += 8) hash = (rotl<u64>(hash, 5) ^ load<u64>(text)) * GOLDEN;
  hash = (rotl<u64>(hash, 5) ^ load<u64>(end)) * GOLDEN;
  return hash | (<u64>1 << 63);
}

/** Enters the ids of a table into the new slots it has been given; `slots` and `count` are the ones it had. */
export function widenTable(table: usize, slots: usize, count: i32): void {
  const now = <usize>load<u32>(table);
  const mask = load<u32>(table, 4);
  const shift = <u64>load<u32>(table, 8);
  for (let n = 0; n < count; n++, slots += 16) {
    const number = load<i32>(slots, 8);
    if (number == 0) continue;
    const key = load<u64>(slots);
    let slot = <u32>((key * GOLDEN) >> shift);
    while (load<i32>(now + ((<usize>slot) << 4), 8) != 0) slot = (slot + 1) & mask;
    store<u64>(now + ((<usize>slot) << 4), key);
    store<i32>(now + ((<usize>slot) << 4), number, 8);
  }
}

/** Enters the ids `from` … `to` of a table into another, which has room for them; `map` then says which number each has there. */
export function mergeIds(table: usize, from: i32, to: i32, into: usize, ordinary: usize, map: usize): void {
  const starts = <usize>load<u32>(table, 12);
  const arena = <usize>load<u32>(table, 20);
  for (let number = from; number < to; number++) {
    const start = load<u32>(starts + ((<usize>number) << 2));
    const length = <usize>(load<u32>(starts + ((<usize>number) << 2), 4) - start);
    const text = arena + start;
    let key: u64 = 0;
    for (let k: usize = 0; length < 8 && k < length; k++) key |= (<u64>load<u8>(text + k)) << (k << 3);
    store<i32>(map + ((<usize>number) << 2), numberOf(into, text, length, key, ordinary));
  }
}

/** Replaces the users, items and ratings of rows `from` … `to` by what the maps (0: nothing) say. */
export function renumber(
  u: usize, i: usize, codes: usize, from: i32, to: i32, users: usize, items: usize, ratings: usize,
): void {
  for (let row = <usize>from; row < <usize>to; row++) {
    if (users != 0) {
      const user = u + (row << 2);
      store<i32>(user, load<i32>(users + ((<usize>load<u32>(user)) << 2)));
    }
    if (items != 0) {
      const item = i + (row << 2);
      store<i32>(item, load<i32>(items + ((<usize>load<u32>(item)) << 2)));
    }
    if (ratings != 0) {
      const code = codes + (row << 1);
      store<u16>(code, load<u16>(ratings + ((<usize>load<u16>(code)) << 1)));
    }
  }
}

/** Recently read texts of ratings: a direct-mapped cache. */
const CACHE_SHIFT: u64 = 64 - 8;
const RATING_SLOTS: u32 = 32_768;
const RATING_SHIFT: u64 = 64 - 15;
const MOST_VALUES: i32 = 10_000;

/**
 * The number of a rating's value, counted; −1 for no number, or when there are too many. The table (i32): how many values, values
 * [10,000] (float64), counts [10,000], slots [32,768] (number + 1), cache [256 · 16] (key, number).
 */
function codeOf(table: usize, text: usize, length: usize, key: u64): i32 {
  const counts = <usize>load<u32>(table, 8);
  const cached = <usize>load<u32>(table, 16) + (<usize>((key * GOLDEN) >> CACHE_SHIFT) << 4);
  if (key != 0 && load<u64>(cached) == key) {
    const known = load<i32>(cached, 8);
    const count = counts + ((<usize>known) << 2);
    store<u32>(count, load<u32>(count) + 1);
    return known;
  }
  const value = decimal(text, length);
  if (value != value) return -1;
  const values = <usize>load<u32>(table, 4);
  const slots = <usize>load<u32>(table, 12);
  let slot = <u32>((reinterpret<u64>(value) * GOLDEN) >> RATING_SHIFT);
  let code: i32;
  for (;;) {
    code = load<i32>(slots + ((<usize>slot) << 2)) - 1;
    if (code < 0 || load<f64>(values + ((<usize>code) << 3)) == value) break;
    slot = (slot + 1) & (RATING_SLOTS - 1);
  }
  if (code < 0) {
    code = load<i32>(table);
    if (code >= MOST_VALUES) return -1;
    store<i32>(table, code + 1);
    store<f64>(values + ((<usize>code) << 3), value);
    store<i32>(slots + ((<usize>slot) << 2), code + 1);
  }
  if (key != 0) {
    store<u64>(cached, key);
    store<i32>(cached, code, 8);
  }
  const count = counts + ((<usize>code) << 2);
  store<u32>(count, load<u32>(count) + 1);
  return code;
}

/** A time: eight digits at once where it is nothing but up to fifteen of them. */
@inline
function moment(text: usize, length: usize): f64 {
  if (length >= 8 && length <= <usize>MOST_DIGITS) {
    const high = load<u64>(text);
    const rest = (length - 8) << 3;
    // The last digits, with zeros in front of them.
    const low = rest == 0 ? ZEROS : (load<u64>(text, 8) << (64 - <u64>rest)) | (ZEROS >> <u64>rest);
    if (areDigits(high) && areDigits(low)) {
      let power: u64 = 1;
      for (let n: usize = 8; n < length; n++) power *= 10;
      return <f64>(eightDigits(high) * power + eightDigits(low));
    }
  }
  return decimal(text, length);
}

@inline
function areDigits(word: u64): bool {
  return ((word & (0xf0 * ONES)) | (((word + 0x06 * ONES) & (0xf0 * ONES)) >> 4)) == 0x33 * ONES;
}

/** Pairs, then fours, then all of eight digits, the first in the lowest byte. */
@inline
function eightDigits(word: u64): u64 {
  word -= ZEROS;
  word = word * 10 + (word >> 8);
  return (((word & 0x000000ff000000ff) * 0x000f424000000064 + ((word >> 16) & 0x000000ff000000ff) * 0x0000271000000001) >> 32);
}

/** `[-]digits[.digits]` as a number, NaN for anything else and for more digits than are exact. */
function decimal(text: usize, length: usize): f64 {
  let at = text;
  const end = text + length;
  let negative = false;
  if (at < end && load<u8>(at) == MINUS) {
    negative = true;
    at++;
  }
  let number: f64 = 0;
  let digits = 0;
  let decimals = -1;
  for (; at < end; at++) {
    const byte: u32 = load<u8>(at);
    const digit = byte - 48;
    if (digit <= 9) {
      number = number * 10 + <f64>digit;
      digits++;
      if (decimals >= 0) decimals++;
    } else if (byte == DOT && decimals < 0 && digits > 0) decimals = 0;
    else return NaN;
  }
  if (digits == 0 || decimals == 0 || (negative && number == 0)) return NaN;
  if (digits > MOST_DIGITS && (decimals >= 0 || digits > MOST_DIGITS + 1 || number > LARGEST_WHOLE)) return NaN;
  let power: f64 = 1;
  for (let n = 0; n < decimals; n++) power *= 10;
  const value = decimals > 0 ? number / power : number;
  return negative ? -value : value;
}
