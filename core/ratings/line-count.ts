const lineFeed = 10;

/** Counts lines that hold something besides spaces, tabs and CR: the records of a file that is plain (`plain-scan.ts`). */
export function createLineCounter(): { push(chunk: Buffer): void; end(): number } {
  let lines = 0;
  /** The line that has not ended yet holds something. */
  let open = false;
  return {
    push(chunk) {
      let at = 0;
      for (;;) {
        const end = chunk.indexOf(lineFeed, at);
        const stop = end === -1 ? chunk.length : end;
        if (!open) open = hasContent(chunk, at, stop);
        if (end === -1) return;
        if (open) lines++;
        open = false;
        at = end + 1;
      }
    },
    end: () => lines + (open ? 1 : 0),
  };
}

function hasContent(chunk: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = chunk[at] ?? 0;
    if (byte !== 32 && byte !== 9 && byte !== 13) return true;
  }
  return false;
}
