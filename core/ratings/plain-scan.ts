import { createIdTable, emptyHash, hashPrime } from "./id-table.ts";
import type { IdTable } from "./id-table.ts";
import { maximumRecordBytes } from "./record-scanner.ts";
import { createValueCounts } from "./value-counts.ts";

/** Where the columns of a plain file are; −1: there is none. */
export interface PlainLayout {
  readonly delimiter: number;
  readonly width: number;
  readonly user: number;
  readonly item: number;
  readonly rating: number;
  readonly time: number;
  readonly header: boolean;
}

/** Records of a plain file, as columns in shared memory. */
export interface PlainBlock {
  readonly rows: number;
  readonly line: Int32Array;
  readonly u: Int32Array;
  readonly i: Int32Array;
  readonly rating: Float64Array;
  /** As written: seconds or milliseconds. 0 where the file has no times. */
  readonly time: Float64Array;
}

export interface PlainScan {
  /**
   * Reads on. False: the file is not plain, and nothing read so far is to be used. Plain is ASCII without quotes, spaces
   * or control characters, each record on a line of its own with the right number of fields, ids of 1 to 512 characters,
   * ratings and times that are decimal numbers of few digits: where the exact path could come to no other result.
   */
  push(chunk: Uint8Array): boolean;
  end(): boolean;
  readonly users: IdTable;
  readonly items: IdTable;
  /** Every rating that occurs, and how often. */
  readonly values: ReadonlyMap<number, number>;
  readonly rows: number;
  /** Lines read, empty ones and the header among them. */
  readonly lines: number;
  readonly earliest: number;
  readonly latest: number;
}

const blockRows = 2048 * 64;
const longestId = 512;
const lineFeed = 10;
const carriageReturn = 13;
const dot = 46;
/** Decimal numbers of so many digits are exact as a whole number, and as its quotient by a power of ten correctly rounded. */
const mostDigits = 15;
const powersOfTen = Array.from({ length: mostDigits + 1 }, (_, power) => 10 ** power);

/** Bytes that may stand in a field: visible ASCII but `"`, and `+`, which ids damaged by a spreadsheet have. */
const isPlain = new Uint8Array(256).map((_, byte) => (byte > 32 && byte < 127 && byte !== 34 && byte !== 43 ? 1 : 0));

/** `onBlock` is given every full block and the last; the arrays are its to keep. */
export function createPlainScan(layout: PlainLayout, onBlock: (block: PlainBlock) => void): PlainScan {
  const { delimiter, width, user, item, rating, time } = layout;
  const users = createIdTable();
  const items = createIdTable();
  const isOrdinary = isPlain.map((plain, byte) => (byte === delimiter ? 0 : plain));
  const values = createValueCounts();
  let headerSeen = !layout.header;
  let line = 1;
  let rows = 0;
  let earliest = Infinity;
  let latest = -Infinity;
  let filled = 0;
  let block = newBlock();
  const fieldStart = new Int32Array(width + 1);
  const fieldEnd = new Int32Array(width + 1);
  const fieldHash = new Int32Array(width + 1);

  const flush = () => {
    if (filled === 0) return;
    for (let row = 0; row < filled; row++) {
      values.add(block.rating[row]!);
      const moment = block.time[row]!;
      if (moment < earliest) earliest = moment;
      if (moment > latest) latest = moment;
    }
    rows += filled;
    onBlock({ ...block, rows: filled });
    block = newBlock();
    filled = 0;
  };

  /**
   * Reads whole lines of the first `length` bytes, behind which stands a NUL. −1: not plain; otherwise where the unfinished
   * line begins.
   */
  const readLines = (bytes: Uint8Array, length: number, final: boolean): number => {
    let { line: lines, u, i, rating: ratings, time: times } = block;
    let row = filled;
    let at = 0;
    // Hot: every byte of the file. What the loop changes is local, so that it stays in registers.
    while (at < length) {
      const start = at;
      let field = 0;
      let ending = 0;
      for (;;) {
        const from = at;
        let hash = emptyHash;
        if (field === user || field === item) {
          for (let byte = bytes[at]!; isOrdinary[byte] === 1; byte = bytes[++at]!)
            hash = Math.imul(hash ^ byte, hashPrime);
        } else while (isOrdinary[bytes[at]!] === 1) at++;
        let byte = bytes[at]!;
        if (at >= length) {
          if (!final) break;
          byte = lineFeed;
        }
        if (byte === carriageReturn) {
          // Half of CR LF, or no plain line end.
          if (at + 1 >= length && !final) break;
          if (bytes[at + 1] !== lineFeed) return -1;
        } else if (byte !== delimiter && byte !== lineFeed) return -1;
        if (field >= width) return -1;
        fieldStart[field] = from;
        fieldEnd[field] = at;
        fieldHash[field] = hash;
        field++;
        at += byte === carriageReturn ? 2 : 1;
        if (byte === delimiter) continue;
        ending = byte;
        break;
      }
      if (ending === 0) {
        filled = row;
        return start;
      }
      const number = line++;
      // An empty line is no record.
      if (field === 1 && fieldStart[0] === fieldEnd[0]) continue;
      if (!headerSeen) {
        headerSeen = true;
        continue;
      }
      if (field !== width) return -1;
      const userStart = fieldStart[user]!;
      const userEnd = fieldEnd[user]!;
      const itemStart = fieldStart[item]!;
      const itemEnd = fieldEnd[item]!;
      if (userEnd === userStart || itemEnd === itemStart) return -1;
      if (userEnd - userStart > longestId || itemEnd - itemStart > longestId) return -1;
      const value = decimal(bytes, fieldStart[rating]!, fieldEnd[rating]!);
      const moment = time === -1 ? 0 : decimal(bytes, fieldStart[time]!, fieldEnd[time]!);
      if (value !== value || moment !== moment) return -1;
      lines[row] = number;
      u[row] = users.numberOf(bytes, userStart, userEnd, fieldHash[user]!);
      i[row] = items.numberOf(bytes, itemStart, itemEnd, fieldHash[item]!);
      ratings[row] = value;
      times[row] = moment;
      if (++row === blockRows) {
        filled = row;
        flush();
        if (values.size > mostValues) return -1;
        row = 0;
        ({ line: lines, u, i, rating: ratings, time: times } = block);
      }
    }
    filled = row;
    return at;
  };

  /** The unfinished line, the bytes that follow, and a NUL. */
  let buffer = new Uint8Array(1024 * 1024);
  let carried = 0;

  const consume = (length: number, final: boolean): boolean => {
    buffer[length] = 0;
    const read = readLines(buffer, length, final);
    if (read === -1) return false;
    carried = Math.max(0, length - read);
    buffer.copyWithin(0, read, length);
    return carried <= maximumRecordBytes;
  };

  return {
    push(chunk) {
      const length = carried + chunk.length;
      if (length + 1 > buffer.length) {
        const wider = new Uint8Array(2 * (length + 1));
        wider.set(buffer.subarray(0, carried));
        buffer = wider;
      }
      buffer.set(chunk, carried);
      return consume(length, false);
    },
    end() {
      if (!consume(carried, true)) return false;
      flush();
      return true;
    },
    users,
    items,
    get values() {
      return values.counts();
    },
    get rows() {
      return rows;
    },
    get lines() {
      return line - 1;
    },
    get earliest() {
      return earliest;
    },
    get latest() {
      return latest;
    },
  };
}

/** More different ratings than a scale has: the exact path, which counts them on disk. */
const mostValues = 10_000;

function newBlock(): Omit<PlainBlock, "rows"> {
  return {
    line: new Int32Array(new SharedArrayBuffer(4 * blockRows)),
    u: new Int32Array(new SharedArrayBuffer(4 * blockRows)),
    i: new Int32Array(new SharedArrayBuffer(4 * blockRows)),
    rating: new Float64Array(new SharedArrayBuffer(8 * blockRows)),
    time: new Float64Array(new SharedArrayBuffer(8 * blockRows)),
  };
}

/** `[-]digits[.digits]` as a number, NaN for anything else and for more digits than are exact. */
function decimal(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  let negative = false;
  if (bytes[at] === 45) {
    negative = true;
    at++;
  }
  let number = 0;
  let digits = 0;
  let decimals = -1;
  for (; at < end; at++) {
    const byte = bytes[at]!;
    if (byte >= 48 && byte <= 57) {
      number = number * 10 + (byte - 48);
      digits++;
      if (decimals !== -1) decimals++;
    } else if (byte === dot && decimals === -1 && digits > 0) decimals = 0;
    else return Number.NaN;
  }
  if (digits === 0 || decimals === 0 || (negative && number === 0)) return Number.NaN;
  if (digits > mostDigits && (decimals !== -1 || digits > mostDigits + 1 || number > Number.MAX_SAFE_INTEGER))
    return Number.NaN;
  const value = decimals > 0 ? number / powersOfTen[decimals]! : number;
  return negative ? -value : value;
}
