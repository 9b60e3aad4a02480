/**
 * Ids as bytes, numbered in the order in which they first appear, in the memory of the kernel that fills it (`numberOf` in
 * core/compute/assembly/records.ts): a hash table over one arena, without an object for each id.
 */
export interface IdTable {
  /** Where the kernel finds the table. */
  readonly pointer: number;
  readonly size: number;
  /** Makes room for so many more ids with so many bytes in all. Call it before the kernel could need them. */
  reserve(ids: number, bytes: number): void;
  /** All ids by number. They are ASCII. */
  ids(): string[];
}

/** Memory that only grows; views of it go stale with every allocation. */
export interface Arena {
  readonly memory: WebAssembly.Memory;
  /** The start of so many bytes, zeroed, aligned to 16. */
  allocate(bytes: number): number;
}

const pageBytes = 65_536;

export function createArena(memory: WebAssembly.Memory, from: number): Arena {
  let used = Math.ceil(from / 16) * 16;
  return {
    memory,
    allocate(bytes) {
      const start = used;
      used += Math.ceil(bytes / 16) * 16;
      const missing = used - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
      return start;
    },
  };
}

// Words of a table, as the kernel reads them.
const [slotsAt, maskAt, hashesAt, startsAt, sizeAt, arenaAt, usedAt] = [0, 1, 2, 3, 4, 5, 6] as const;
const words = 7;

export function createIdTable(arena: Arena): IdTable {
  const pointer = arena.allocate(4 * words);
  const { memory } = arena;
  const header = () => new Int32Array(memory.buffer, pointer, words);
  let slots = 0;
  let capacity = 0;
  let arenaBytes = 0;

  /** Twice as many slots as ids, all found anew; what lay in the smaller table stays behind unused. */
  const widen = (ids: number) => {
    const before = { hashes: header()[hashesAt]!, starts: header()[startsAt]!, size: header()[sizeAt]! };
    slots = 2 ** Math.ceil(Math.log2(2 * ids));
    capacity = slots / 2;
    const places = [
      arena.allocate(4 * slots),
      arena.allocate(4 * capacity),
      arena.allocate(4 * (capacity + 1)),
    ] as const;
    const table = new Int32Array(memory.buffer, places[0], slots);
    const hashes = new Uint32Array(memory.buffer, places[1], capacity);
    const starts = new Int32Array(memory.buffer, places[2], capacity + 1);
    if (before.size > 0) {
      hashes.set(new Uint32Array(memory.buffer, before.hashes, before.size));
      starts.set(new Int32Array(memory.buffer, before.starts, before.size + 1));
    }
    const mask = slots - 1;
    for (let number = 0; number < before.size; number++) {
      const hash = hashes[number]!;
      let slot = (hash ^ (hash >>> 15)) & mask;
      while (table[slot] !== 0) slot = (slot + 1) & mask;
      table[slot] = number + 1;
    }
    const now = header();
    [now[slotsAt], now[hashesAt], now[startsAt]] = places;
    now[maskAt] = mask;
  };

  const widenArena = (bytes: number) => {
    const used = header()[usedAt]!;
    const from = header()[arenaAt]!;
    arenaBytes = 2 * bytes;
    const to = arena.allocate(arenaBytes);
    new Uint8Array(memory.buffer).copyWithin(to, from, from + used);
    header()[arenaAt] = to;
  };

  return {
    pointer,
    get size() {
      return header()[sizeAt]!;
    },
    reserve(ids, bytes) {
      if (header()[sizeAt]! + ids > capacity) widen(header()[sizeAt]! + ids);
      if (header()[usedAt]! + bytes > arenaBytes) widenArena(header()[usedAt]! + bytes);
    },
    ids() {
      const now = header();
      const starts = new Int32Array(memory.buffer, now[startsAt], now[sizeAt]! + 1);
      const text = Buffer.from(new Uint8Array(memory.buffer, now[arenaAt], now[usedAt])).toString("latin1");
      return Array.from({ length: now[sizeAt]! }, (_, number) => text.slice(starts[number], starts[number + 1]));
    },
  };
}
