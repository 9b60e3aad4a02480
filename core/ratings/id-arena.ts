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
