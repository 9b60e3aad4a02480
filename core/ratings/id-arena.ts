/** Texts as UTF-8 in one piece of shared memory: text n lies from start[n] to start[n + 1]. */
export interface IdArena {
  readonly bytes: Uint8Array;
  /** [texts + 1] */
  readonly start: Int32Array;
}

export function createIdArena(ids: readonly string[]): IdArena {
  const start = new Int32Array(new SharedArrayBuffer(4 * (ids.length + 1)));
  ids.forEach((id, index) => (start[index + 1] = (start[index] ?? 0) + Buffer.byteLength(id, "utf8")));
  const bytes = new Uint8Array(new SharedArrayBuffer(start[ids.length] ?? 0));
  ids.forEach((id, index) => bytes.set(Buffer.from(id, "utf8"), start[index]));
  return { bytes, start };
}

const recordSeparator = 0x1e;

/** The ids that stand in texts, one after the other, record separators between those of a text. */
export function idArenaOf(texts: readonly string[]): IdArena {
  const parts = texts.map((text) => Buffer.from(text, "utf8"));
  const separators = parts.map(separatorsIn);
  const count = separators.reduce((sum, { length }) => sum + length + 1, 0);
  const size = parts.reduce((sum, part, index) => sum + part.length - (separators[index]?.length ?? 0), 0);
  const bytes = new Uint8Array(new SharedArrayBuffer(size));
  const start = new Int32Array(new SharedArrayBuffer(4 * (count + 1)));
  let at = 0;
  let id = 0;
  for (const [index, part] of parts.entries()) {
    let from = 0;
    for (const end of [...(separators[index] ?? []), part.length]) {
      bytes.set(part.subarray(from, end), at);
      at += end - from;
      from = end + 1;
      start[++id] = at;
    }
  }
  return { bytes, start };
}

function separatorsIn(part: Buffer): number[] {
  const found: number[] = [];
  for (let at = part.indexOf(recordSeparator); at !== -1; at = part.indexOf(recordSeparator, at + 1)) found.push(at);
  return found;
}
