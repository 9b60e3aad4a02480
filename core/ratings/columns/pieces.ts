import type { Hash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";

const lineFeed = 10;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** Reads a file in pieces of whole lines, each with its line end, and hashes every byte of it on the way. */
export interface Pieces {
  /**
   * The next piece, a part of `into`, which has `roomFor(pieceBytes)` bytes and is not where the piece before lies; null at
   * the end; "long": a line of more than `pieceBytes`.
   */
  next(into: Buffer): Promise<Buffer | "long" | null>;
}

/** The bytes that a piece may need: what is left of the piece before, what is read, a line end. */
export const roomFor = (pieceBytes: number): number => 2 * pieceBytes + 1;

/** A byte order mark is left out; a last line without an end is given one. */
export function piecesOf(file: FileHandle, pieceBytes: number, hash: Hash): Pieces {
  let at = 0;
  let carried: Buffer = Buffer.alloc(0);
  let ended = false;
  const read = async (buffer: Buffer): Promise<Buffer | "long" | null> => {
    if (ended) return null;
    const kept = carried.length;
    buffer.set(carried);
    const { bytesRead } = await file.read(buffer, kept, pieceBytes, at);
    hash.update(buffer.subarray(kept, kept + bytesRead));
    const first = at === 0 && buffer.subarray(0, bytesRead).subarray(0, 3).equals(byteOrderMark) ? 3 : 0;
    at += bytesRead;
    let end = kept + bytesRead;
    if (bytesRead === 0) {
      ended = true;
      if (kept === 0) return null;
      buffer[end++] = lineFeed;
      return buffer.subarray(first, end);
    }
    const cut = buffer.lastIndexOf(lineFeed, end - 1) + 1;
    if (cut === 0 && end > pieceBytes) return "long";
    carried = buffer.subarray(cut === 0 ? first : cut, end);
    return cut === 0 ? read(buffer) : buffer.subarray(first, cut);
  };
  return { next: read };
}
