// Plain delimited records, cut and converted: what core/ratings/plain-scan.ts calls for every chunk of a file.

const LINE_FEED: u32 = 10;
const CARRIAGE_RETURN: u32 = 13;
const DOT: u32 = 46;
const MINUS: u32 = 45;
/** FNV-1a. */
const EMPTY_HASH: u32 = 0x811c9dc5;
const HASH_PRIME: u32 = 0x01000193;
const LONGEST_ID: usize = 512;
/** Decimal numbers of so many digits are exact as a whole number, and as its quotient by a power of ten correctly rounded. */
const MOST_DIGITS: i32 = 15;
const LARGEST_WHOLE: f64 = 9007199254740991;

/**
 * Reads whole lines of `bytes` … + `length`, behind which stands a NUL. Returns where the unfinished line begins, or −1 when
 * something is not plain. `ordinary` [256]: 1 for bytes that may stand in a field. `fields` [3 · width] is scratch.
 * `users`, `items`: id tables (`numberOf`) with room for an id a record. Columns are written from their start; `state` (i32):
 * the next line's number, whether the header has been seen, the rows written by this call.
 */
export function readRecords(
  bytes: usize, length: usize, final: bool, delimiter: u32, width: i32,
  user: i32, item: i32, rating: i32, time: i32,
  ordinary: usize, fields: usize, users: usize, items: usize,
  lines: usize, us: usize, is: usize, ratings: usize, times: usize, state: usize,
): i32 {
  let line = load<i32>(state);
  let headerSeen = load<i32>(state, 4);
  let row: usize = 0;
  let at = bytes;
  const end = bytes + length;
  while (at < end) {
    const start = at;
    let field = 0;
    let finished = false;
    for (;;) {
      const from = at;
      let hash = EMPTY_HASH;
      let byte: u32 = load<u8>(at);
      if (field == user || field == item) {
        while (load<u8>(ordinary + byte)) {
          hash = (hash ^ byte) * HASH_PRIME;
          byte = load<u8>(++at);
        }
      } else {
        while (load<u8>(ordinary + byte)) byte = load<u8>(++at);
      }
      if (at >= end) {
        if (!final) break;
        byte = LINE_FEED;
      }
      if (byte == CARRIAGE_RETURN) {
        // Half of CR LF, or no plain line end.
        if (at + 1 >= end && !final) break;
        if (load<u8>(at, 1) != LINE_FEED) return -1;
      } else if (byte != delimiter && byte != LINE_FEED) return -1;
      if (field >= width) return -1;
      const entry = fields + (<usize>field) * 12;
      store<u32>(entry, <u32>from);
      store<u32>(entry, <u32>at, 4);
      store<u32>(entry, hash, 8);
      field++;
      at += byte == CARRIAGE_RETURN ? 2 : 1;
      if (byte == delimiter) continue;
      finished = true;
      break;
    }
    if (!finished) {
      at = start;
      break;
    }
    const number = line++;
    // An empty line is no record.
    if (field == 1 && load<u32>(fields) == load<u32>(fields, 4)) continue;
    if (!headerSeen) {
      headerSeen = 1;
      continue;
    }
    if (field != width) return -1;
    const userEntry = fields + (<usize>user) * 12;
    const itemEntry = fields + (<usize>item) * 12;
    const userLength = <usize>(load<u32>(userEntry, 4) - load<u32>(userEntry));
    const itemLength = <usize>(load<u32>(itemEntry, 4) - load<u32>(itemEntry));
    if (userLength == 0 || itemLength == 0 || userLength > LONGEST_ID || itemLength > LONGEST_ID) return -1;
    const value = decimal(fields + (<usize>rating) * 12);
    const moment = time < 0 ? 0 : decimal(fields + (<usize>time) * 12);
    if (value != value || moment != moment) return -1;
    store<i32>(lines + (row << 2), number);
    store<i32>(us + (row << 2), numberOf(users, userEntry, userLength));
    store<i32>(is + (row << 2), numberOf(items, itemEntry, itemLength));
    store<f64>(ratings + (row << 3), value);
    store<f64>(times + (row << 3), moment);
    row++;
  }
  store<i32>(state, line);
  store<i32>(state, headerSeen, 4);
  store<i32>(state, <i32>row, 8);
  return <i32>(min(at, end) - bytes);
}

/**
 * The number of a field's text in an id table, a new one for a text not met before. The table (i32): slots (number + 1, 0:
 * empty), their mask, hashes by number, starts by number in the arena, how many ids, arena, bytes used of it.
 */
function numberOf(table: usize, entry: usize, length: usize): i32 {
  const slots = <usize>load<u32>(table);
  const mask = load<u32>(table, 4);
  const hashes = <usize>load<u32>(table, 8);
  const starts = <usize>load<u32>(table, 12);
  const arena = <usize>load<u32>(table, 20);
  const text = <usize>load<u32>(entry);
  const hash = load<u32>(entry, 8);
  // FNV leaves the low bits of short texts poorly mixed.
  let slot = (hash ^ (hash >> 15)) & mask;
  for (;;) {
    const found = load<i32>(slots + ((<usize>slot) << 2)) - 1;
    if (found < 0) break;
    if (load<u32>(hashes + ((<usize>found) << 2)) == hash) {
      const from = <usize>load<u32>(starts + ((<usize>found) << 2));
      const to = <usize>load<u32>(starts + ((<usize>found) << 2), 4);
      if (to - from == length) {
        let same: usize = 0;
        while (same < length && load<u8>(arena + from + same) == load<u8>(text + same)) same++;
        if (same == length) return found;
      }
    }
    slot = (slot + 1) & mask;
  }
  const number = load<i32>(table, 16);
  const used = <usize>load<u32>(table, 24);
  memory.copy(arena + used, text, length);
  store<u32>(table, <u32>(used + length), 24);
  store<u32>(hashes + ((<usize>number) << 2), hash);
  store<u32>(starts + ((<usize>number) << 2), <u32>(used + length), 4);
  store<i32>(slots + ((<usize>slot) << 2), number + 1);
  store<i32>(table, number + 1, 16);
  return number;
}

/** `[-]digits[.digits]` as a number, NaN for anything else and for more digits than are exact. */
function decimal(entry: usize): f64 {
  let at = <usize>load<u32>(entry);
  const end = <usize>load<u32>(entry, 4);
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
