/** How the bytes of a delimited text fall into records and fields. */
export interface Dialect {
  /** UTF-8 bytes of the delimiter, 1 to 4 characters. */
  readonly delimiter: Uint8Array;
  /** Whether a field that starts with `"` runs to the next lone `"`, across delimiters and line ends. */
  readonly quotes: boolean;
  /** Whether a run of delimiters counts as one (columns aligned with spaces). */
  readonly collapse: boolean;
}

/** One record, as offsets into `bytes`. Valid only during the call it is handed to. */
export interface ScannedRecord {
  bytes: Buffer;
  /** 1-based line where the record starts. */
  line: number;
  start: number;
  /** Behind the last byte, line end not included. */
  end: number;
  fields: number;
  fieldStart: Int32Array;
  fieldEnd: Int32Array;
  /** 1: the field stood in quotes, which are left out of the offsets. 2: and it holds `""` for `"`. */
  fieldQuoted: Uint8Array;
  /** The record is longer than `maximumRecordBytes`; only its beginning is here. */
  oversize: boolean;
}

/** A longer record is no rating. It is passed over without being held in memory. */
export const maximumRecordBytes = 4 * 1024 * 1024;

const lineFeed = 10;
const carriageReturn = 13;
const quote = 34;
const space = 32;
const unseen = -1;
const unclosed = -2;

/**
 * Cuts a stream of UTF-8 bytes into records: a record ends at LF, CR LF or a lone CR outside quotes. Lines of nothing but
 * spaces are no records. A quote that finds no end within `maximumRecordBytes` is an ordinary character, so that one
 * stray quote cannot swallow the rest of the file.
 */
export function createRecordScanner(
  dialect: Dialect,
  onRecord: (record: ScannedRecord) => void,
): { push(chunk: Buffer): void; end(): void } {
  const { delimiter, quotes, collapse } = dialect;
  const delimiterFirst = delimiter[0] ?? 44;
  const delimiterLength = delimiter.length;
  let fieldStart = new Int32Array(64);
  let fieldEnd = new Int32Array(64);
  let fieldQuoted = new Uint8Array(64);
  const record: ScannedRecord = {
    bytes: Buffer.alloc(0),
    line: 1,
    start: 0,
    end: 0,
    fields: 0,
    fieldStart,
    fieldEnd,
    fieldQuoted,
    oversize: false,
  };

  let carry: Buffer = Buffer.alloc(0);
  let line = 1;
  /** Passing over the rest of an oversize record. */
  let skipping = false;
  let pendingReturn = false;

  const grow = () => {
    const wider = fieldStart.length * 2;
    const copy = <T extends Int32Array | Uint8Array>(from: T, to: T): T => (to.set(from), to);
    fieldStart = copy(fieldStart, new Int32Array(wider));
    fieldEnd = copy(fieldEnd, new Int32Array(wider));
    fieldQuoted = copy(fieldQuoted, new Uint8Array(wider));
  };

  const isDelimiter = (bytes: Buffer, at: number): boolean => {
    if (bytes[at] !== delimiterFirst) return false;
    for (let i = 1; i < delimiterLength; i++) if (bytes[at + i] !== delimiter[i]) return false;
    return true;
  };

  let linesInside = 0;
  /** Where the quote stands that has no end, after `scan` answered `unclosed`. */
  let unclosedAt = -1;
  /**
   * Position behind the record that starts at `start`; `unseen` when its end is not in sight; `unclosed`. Quotes from
   * `literalFrom` on are ordinary characters. Fills the field tables.
   */
  const scan = (bytes: Buffer, start: number, final: boolean, literalFrom: number): number => {
    const length = bytes.length;
    let fields = 0;
    let at = start;
    let from = start;
    linesInside = 0;
    if (collapse) while (at < length && isDelimiter(bytes, at)) from = at += delimiterLength;
    for (;;) {
      if (fields >= fieldStart.length) grow();
      let quoted = 0;
      let fieldFinish = -1;
      if (quotes && at < literalFrom) {
        let opening = at;
        while (opening < length && bytes[opening] === space && delimiterFirst !== space) opening++;
        if (opening < length && opening < literalFrom && bytes[opening] === quote) {
          quoted = 1;
          from = at = opening + 1;
          for (;;) {
            if (at - start >= maximumRecordBytes || (at >= length && final)) {
              unclosedAt = opening;
              return unclosed;
            }
            if (at >= length) return unseen;
            const byte = bytes[at];
            if (byte === quote) {
              if (at + 1 >= length && !final) return unseen;
              if (bytes[at + 1] !== quote) break;
              quoted = 2;
              at += 2;
              continue;
            }
            if (byte === lineFeed) linesInside++;
            else if (byte === carriageReturn && bytes[at + 1] !== lineFeed) linesInside++;
            at++;
          }
          fieldFinish = at;
          at++;
        }
      }
      // Plain characters up to the delimiter or the end of the line; behind a closing quote they are passed over.
      let byte = -1;
      for (;;) {
        if (at >= length) {
          if (!final) return unseen;
          break;
        }
        byte = bytes[at] ?? -1;
        if (byte === lineFeed || byte === carriageReturn) break;
        if (byte === delimiterFirst && (delimiterLength === 1 || isDelimiter(bytes, at))) break;
        at++;
      }
      fieldStart[fields] = from;
      fieldEnd[fields] = fieldFinish === -1 ? at : fieldFinish;
      fieldQuoted[fields] = quoted;
      fields++;
      if (at >= length || byte === lineFeed || byte === carriageReturn) break;
      at += delimiterLength;
      if (collapse) while (at < length && isDelimiter(bytes, at)) at += delimiterLength;
      from = at;
      if (collapse && (at >= length || bytes[at] === lineFeed || bytes[at] === carriageReturn)) {
        if (at >= length && !final) return unseen;
        break;
      }
    }
    record.end = at;
    record.fields = fields;
    if (at >= length) return at;
    linesInside++;
    if (bytes[at] === lineFeed) return at + 1;
    if (at + 1 < length) return bytes[at + 1] === lineFeed ? at + 2 : at + 1;
    if (!final) pendingReturn = true;
    return at + 1;
  };

  const emit = (bytes: Buffer, start: number, oversize: boolean) => {
    if (!oversize && isBlank(bytes, start, record.end)) return;
    record.bytes = bytes;
    record.line = line;
    record.start = start;
    record.oversize = oversize;
    record.fieldStart = fieldStart;
    record.fieldEnd = fieldEnd;
    record.fieldQuoted = fieldQuoted;
    onRecord(record);
  };

  /** Behind the end of the physical line at `start`, or −1. */
  const endOfLine = (bytes: Buffer, start: number): number => {
    let at = start;
    while (at < bytes.length && bytes[at] !== lineFeed && bytes[at] !== carriageReturn) at++;
    if (at >= bytes.length) return -1;
    if (bytes[at] === carriageReturn && at + 1 >= bytes.length) pendingReturn = true;
    return bytes[at] === carriageReturn && bytes[at + 1] === lineFeed ? at + 2 : at + 1;
  };

  const consume = (bytes: Buffer, final: boolean): number => {
    let at = 0;
    if (pendingReturn && bytes.length > 0) {
      pendingReturn = false;
      if (bytes[0] === lineFeed) at = 1;
    }
    while (at < bytes.length) {
      if (skipping) {
        const next = endOfLine(bytes, at);
        if (next === -1) return bytes.length;
        skipping = false;
        line++;
        at = next;
        continue;
      }
      let next = scan(bytes, at, final, Infinity);
      if (next === unclosed) next = scan(bytes, at, final, unclosedAt);
      if (next === unseen && bytes.length - at > maximumRecordBytes) {
        record.end = bytes.length;
        record.fields = 0;
        emit(bytes, at, true);
        line += linesInside;
        skipping = true;
        return bytes.length;
      }
      if (next === unseen) return at;
      if (record.end - at > maximumRecordBytes) {
        record.fields = 0;
        emit(bytes, at, true);
      } else emit(bytes, at, false);
      line += linesInside;
      at = next;
    }
    return at;
  };

  return {
    push(chunk) {
      const bytes = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
      carry = bytes.subarray(consume(bytes, false));
    },
    end() {
      consume(carry, true);
      carry = Buffer.alloc(0);
    },
  };
}

function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte !== space && byte !== 9) return false;
  }
  return true;
}

/** A field's text: quotes undone, surrounding spaces removed unless it was quoted. */
export function fieldText(record: ScannedRecord, index: number): string {
  const text = record.bytes.toString("utf8", record.fieldStart[index], record.fieldEnd[index]);
  const quoted = record.fieldQuoted[index];
  return quoted === 0 ? text.trim() : quoted === 2 ? text.replaceAll('""', '"') : text;
}

export function recordText(record: ScannedRecord, limitBytes: number): string {
  return record.bytes.toString("utf8", record.start, Math.min(record.end, record.start + limitBytes));
}
