/** Memory that only grows; views of it go stale with every allocation. */
export interface Arena {
  readonly memory: WebAssembly.Memory;
  /** The start of so many bytes, zeroed, aligned to 16. Throws RangeError when the memory cannot hold them. */
  allocate(bytes: number): number;
}

const pageBytes = 65_536;

/** `dirty`: bytes of a memory that was used before, which may hold anything. */
export function createArena(memory: WebAssembly.Memory, from: number, dirty = 0): Arena {
  let used = Math.ceil(from / 16) * 16;
  return {
    memory,
    allocate(bytes) {
      const start = used;
      const end = used + Math.ceil(bytes / 16) * 16;
      const missing = end - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
      // Eight bytes at a time: in shared memory V8 writes each element on its own.
      if (start < dirty) new Float64Array(memory.buffer, start, (Math.min(end, dirty) - start) / 8).fill(0);
      used = end;
      return start;
    },
  };
}
