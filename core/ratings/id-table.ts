/** Ids as bytes, numbered in the order in which they first appear: a hash table over one arena, without an object for each id. */
export interface IdTable {
  /** The number of the id in `bytes` from `start` to `end`, whose hash is `hash`. */
  numberOf(bytes: Uint8Array, start: number, end: number, hash: number): number;
  /** All ids by number. They are ASCII. */
  ids(): string[];
  readonly size: number;
}

/** FNV-1a, one byte at a time, so that a scanner can hash while it looks for the end of the field. */
export const emptyHash = 0x811c9dc5 | 0;
export const hashPrime = 0x01000193;

export function createIdTable(): IdTable {
  let arena = Buffer.allocUnsafe(64 * 1024);
  let used = 0;
  /** [ids + 1] where each id starts in the arena. */
  let starts = new Int32Array(4097);
  let hashes = new Int32Array(4097);
  let size = 0;
  /** Number + 1 of the id in each slot, 0: empty. */
  let slots = new Int32Array(8192);
  let mask = slots.length - 1;

  const grow = () => {
    slots = new Int32Array(slots.length * 2);
    mask = slots.length - 1;
    for (let number = 0; number < size; number++) {
      let slot = spread(hashes[number] ?? 0) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = number + 1;
    }
    const wider = new Int32Array(slots.length / 2 + 1);
    wider.set(starts.subarray(0, size + 1));
    starts = wider;
    const more = new Int32Array(slots.length / 2 + 1);
    more.set(hashes.subarray(0, size));
    hashes = more;
  };

  const add = (bytes: Uint8Array, start: number, end: number, hash: number, slot: number): number => {
    const length = end - start;
    if (used + length > arena.length)
      arena = Buffer.concat([arena.subarray(0, used)], Math.max(arena.length * 2, used + length));
    for (let at = start; at < end; at++) arena[used++] = bytes[at] ?? 0;
    slots[slot] = size + 1;
    hashes[size] = hash;
    starts[++size] = used;
    if (size * 2 >= slots.length) grow();
    return size - 1;
  };

  return {
    numberOf(bytes, start, end, hash) {
      // Hot: twice for each record of the file.
      let slot = spread(hash) & mask;
      for (;;) {
        const found = slots[slot]! - 1;
        if (found === -1) return add(bytes, start, end, hash, slot);
        if (hashes[found] === hash && isSame(arena, starts[found]!, starts[found + 1]!, bytes, start, end))
          return found;
        slot = (slot + 1) & mask;
      }
    },
    ids: () =>
      Array.from({ length: size }, (_, number) => arena.toString("latin1", starts[number], starts[number + 1])),
    get size() {
      return size;
    },
  };
}

function isSame(a: Uint8Array, aStart: number, aEnd: number, b: Uint8Array, bStart: number, bEnd: number): boolean {
  const length = aEnd - aStart;
  if (length !== bEnd - bStart) return false;
  for (let at = 0; at < length; at++) if (a[aStart + at] !== b[bStart + at]) return false;
  return true;
}

/** FNV leaves the low bits of short texts poorly mixed. */
function spread(hash: number): number {
  return (hash ^ (hash >>> 15)) >>> 0;
}
