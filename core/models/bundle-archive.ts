import { ReelbenchError } from "../contract/errors.ts";

/** A file of an archive, by its size alone. */
export interface ArchiveEntry {
  readonly name: string;
  readonly bytes: number;
}

/** A stretch of the archive: bytes that are known, or a stretch of a file that has to be read. */
export type ArchivePiece =
  | { readonly bytes: Uint8Array }
  | { readonly name: string; readonly from: number; readonly length: number };

const block = 512;
const padded = (bytes: number) => Math.ceil(bytes / block) * block;

/** Bytes of the tar archive of these files. */
export function archiveBytes(entries: readonly ArchiveEntry[]): number {
  return entries.reduce((sum, { bytes }) => sum + block + padded(bytes), 0) + 2 * block;
}

/**
 * The bytes [from, from + length) of the tar archive (POSIX.1-1988 ustar) with these files under `folder`. Nothing in it depends
 * on when or where it is made, so it can be fetched in pieces, and again.
 */
export function archivePieces(
  folder: string,
  entries: readonly ArchiveEntry[],
  from: number,
  length: number,
): ArchivePiece[] {
  const pieces: ArchivePiece[] = [];
  const end = from + length;
  let at = 0;
  /** Tells which stretch of the next `size` bytes is asked for. */
  const next = (size: number, give: (start: number, stop: number) => ArchivePiece) => {
    const [start, stop] = [Math.max(from, at) - at, Math.min(end, at + size) - at];
    if (start < stop) pieces.push(give(start, stop));
    at += size;
  };
  for (const { name, bytes } of entries) {
    const head = header(`${folder}/${name}`, bytes);
    next(block, (start, stop) => ({ bytes: head.slice(start, stop) }));
    next(bytes, (start, stop) => ({ name, from: start, length: stop - start }));
    next(padded(bytes) - bytes, (start, stop) => ({ bytes: new Uint8Array(stop - start) }));
  }
  next(2 * block, (start, stop) => ({ bytes: new Uint8Array(stop - start) }));
  return pieces;
}

function header(path: string, bytes: number): Uint8Array {
  const head = new Uint8Array(block);
  const write = (text: string, at: number) => head.set(new TextEncoder().encode(text), at);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  if (new TextEncoder().encode(path).length > 100 || bytes >= 8 ** 11)
    throw new ReelbenchError("RB_INTERNAL", `${path} does not fit into a tar archive.`);
  write(path, 0);
  write(octal(0o644, 7), 100);
  write(octal(0, 7), 108); // owner
  write(octal(0, 7), 116); // group
  write(octal(bytes, 11), 124);
  write(octal(0, 11), 136); // modified: never, so that the archive is always the same
  write(" ".repeat(8), 148);
  write("0", 156);
  write("ustar\u000000", 257);
  write(
    `${octal(
      head.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\u0000 `,
    148,
  );
  return head;
}
