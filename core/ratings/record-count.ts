import { maximumRecordBytes } from "./record-scanner.ts";
import type { Dialect } from "./record-scanner.ts";

/** How many ratings a record stands for: 1, unless the layout says otherwise (header lines 0, rows of a matrix many). */
export type RecordWeight = (text: string, index: number) => number;

export interface RecordCounter {
  push(chunk: Uint8Array): void;
  /** The number of records. */
  end(): number;
}

const atFieldStart = 0;
const inPlain = 1;
const inQuotes = 2;
const behindQuote = 3;

/**
 * Counts the records of a delimited text without looking at a value: the proof that reading lost nothing. It follows the
 * rules stated in `record-scanner.ts` and shares none of its code: one state, one byte at a time, where the scanner
 * works on whole records.
 */
export function createRecordCounter(dialect: Dialect, weight: RecordWeight | null): RecordCounter {
  const delimiter = dialect.delimiter[0] ?? 0;
  const { quotes } = dialect;
  let records = 0;
  let ratings = 0;
  let state = atFieldStart;
  /** The record holds something besides spaces. */
  let content = false;
  let afterReturn = false;
  /** Bytes of the record so far. */
  let offset = 0;
  /** What follows an opening quote, to be gone through again should the quote never close. */
  let held: number[] = [];
  let heldFrom: { offset: number; text: number } = { offset: 0, text: 0 };
  let text: number[] = [];

  const finish = () => {
    if (content) {
      if (weight !== null) ratings += weight(Buffer.from(text).toString("utf8"), records);
      records++;
    }
    state = atFieldStart;
    content = false;
    offset = 0;
    if (text.length > 0) text = [];
    if (held.length > 0) held = [];
  };

  const reopenAsPlain = () => {
    const again = held;
    held = [];
    offset = heldFrom.offset;
    text.length = heldFrom.text;
    state = inPlain;
    walk(again);
  };

  const walk = (bytes: ArrayLike<number>) => {
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] ?? 0;
      if (afterReturn) {
        afterReturn = false;
        if (byte === 10) continue;
      }
      if (state === inQuotes) {
        if (offset >= maximumRecordBytes) {
          reopenAsPlain();
          // The walk above may have changed every state; this byte comes after all it went through.
          i--;
          continue;
        }
        held.push(byte);
        if (weight !== null) text.push(byte);
        offset++;
        if (byte === 34) state = behindQuote;
        continue;
      }
      if (state === behindQuote) {
        if (byte === 34) {
          held.push(byte);
          if (weight !== null) text.push(byte);
          offset++;
          state = inQuotes;
          continue;
        }
        if (held.length > 0) held = [];
        state = inPlain;
      }
      if (state === inPlain && weight === null && byte > 32 && byte !== delimiter) {
        // Inside a plain field only the delimiter and line ends matter: most bytes of most files.
        const from = i;
        while (i + 1 < bytes.length && (bytes[i + 1] ?? 0) > 32 && bytes[i + 1] !== delimiter) i++;
        offset += i - from + 1;
        content = true;
        continue;
      }
      if (byte === 10 || byte === 13) {
        finish();
        afterReturn = byte === 13;
        continue;
      }
      offset++;
      if (weight !== null && text.length < maximumRecordBytes) text.push(byte);
      if (byte !== 32 && byte !== 9) content = true;
      if (!quotes) continue;
      if (byte === delimiter) state = atFieldStart;
      else if (state === atFieldStart && byte === 34) {
        state = inQuotes;
        heldFrom = { offset, text: text.length };
      } else if (byte !== 32) state = inPlain;
    }
  };

  return {
    push: (chunk) => (quotes || weight !== null ? walk(chunk) : countLines(chunk)),
    end() {
      while (state === inQuotes) reopenAsPlain();
      finish();
      return weight === null ? records : ratings;
    },
  };

  /** The same, where quotes mean nothing: most large files. */
  function countLines(chunk: Uint8Array): void {
    let seen = content ? 1 : 0;
    let found = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] ?? 0;
      if (byte > 32) seen = 1;
      else if (byte === 10 || byte === 13) {
        found += seen;
        seen = 0;
      } else if (byte !== 32 && byte !== 9) seen = 1;
    }
    records += found;
    content = seen === 1;
  }
}
