import type { Hash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";

const lineFeed = 10;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** Reads a file in pieces of whole lines, each with its line end, and hashes every byte of it on the way. */
export interface Pieces {
  /** The next piece, null at the end; "long": a line of more than `pieceBytes`. */
  next(): Promise<Buffer | "long" | null>;
}

/** A piece has up to twice `pieceBytes` bytes. A byte order mark is left out; a last line without an end is given one. */
export function piecesOf(file: FileHandle, pieceBytes: number, hash: Hash): Pieces {
  let at = 0;
  let carried: Buffer = Buffer.alloc(0);
  let ended = false;
  const read = async (): Promise<Buffer | "long" | null> => {
    if (ended) return null;
    const buffer = Buffer.allocUnsafe(carried.length + pieceBytes + 1);
    carried.copy(buffer);
    const { bytesRead } = await file.read(buffer, carried.length, pieceBytes, at);
    hash.update(buffer.subarray(carried.length, carried.length + bytesRead));
    const first = at === 0 && buffer.subarray(0, bytesRead).subarray(0, 3).equals(byteOrderMark) ? 3 : 0;
    at += bytesRead;
    let end = carried.length + bytesRead;
    if (bytesRead === 0) {
      ended = true;
      if (carried.length === 0) return null;
      buffer[end++] = lineFeed;
      return buffer.subarray(first, end);
    }
    const cut = buffer.lastIndexOf(lineFeed, end - 1) + 1;
    if (cut === 0 && end > pieceBytes) return "long";
    carried = buffer.subarray(cut === 0 ? first : cut, end);
    return cut === 0 ? read() : buffer.subarray(first, cut);
  };
  return { next: read };
}
