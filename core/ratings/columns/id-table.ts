import type { ColumnKernels } from "../../compute/column-kernels.ts";
import type { Arena } from "./arena.ts";

/**
 * Ids as bytes, numbered in the order in which they first appear, in the memory of the kernels that fill it (`numberOf` in
 * core/compute/assembly/plain-records.ts): a hash table over one arena, without an object for each id.
 */
export interface IdTable {
  /** Where the kernels find the table. */
  readonly pointer: number;
  readonly size: number;
  /** Bytes of all ids. */
  readonly bytes: number;
  /** Makes room for so many more ids with so many bytes in all. Call it before a kernel could need them. */
  reserve(ids: number, bytes: number): void;
  /** All ids by number. They are ASCII. */
  ids(): string[];
}

// Words of a table, as the kernels read them.
const [slotsAt, maskAt, shiftAt, startsAt, sizeAt, arenaAt, usedAt] = [0, 1, 2, 3, 4, 5, 6] as const;
const words = 7;
const slotBytes = 16;

export function createIdTable(arena: Arena, kernels: Pick<ColumnKernels, "widenTable">): IdTable {
  const pointer = arena.allocate(4 * words);
  const { memory } = arena;
  const header = () => new Int32Array(memory.buffer, pointer, words);
  const word = (at: number) => header()[at] ?? 0;
  let slots = 0;
  let capacity = 0;
  let arenaBytes = 0;

  /** Twice as many slots as ids, at least; what lay in the smaller table stays behind unused. */
  const widen = (ids: number) => {
    const before = { slots: word(slotsAt), count: slots, starts: word(startsAt), size: word(sizeAt) };
    const bits = Math.max(4, Math.ceil(Math.log2(2 * ids)));
    slots = 2 ** bits;
    capacity = slots / 2;
    const places = [arena.allocate(slotBytes * slots), arena.allocate(4 * (capacity + 1))] as const;
    const now = header();
    [now[slotsAt], now[startsAt]] = places;
    now[maskAt] = slots - 1;
    now[shiftAt] = 64 - bits;
    if (before.size === 0) return;
    new Int32Array(memory.buffer).copyWithin(places[1] / 4, before.starts / 4, before.starts / 4 + before.size + 1);
    kernels.widenTable(pointer, before.slots, before.count);
  };

  const widenArena = (bytes: number) => {
    const used = word(usedAt);
    const from = word(arenaAt);
    arenaBytes = 2 * bytes;
    const to = arena.allocate(arenaBytes);
    new Uint8Array(memory.buffer).copyWithin(to, from, from + used);
    header()[arenaAt] = to;
  };

  return {
    pointer,
    get size() {
      return word(sizeAt);
    },
    get bytes() {
      return word(usedAt);
    },
    reserve(ids, bytes) {
      if (word(sizeAt) + ids > capacity) widen(word(sizeAt) + ids);
      if (word(usedAt) + bytes > arenaBytes) widenArena(word(usedAt) + bytes);
    },
    ids() {
      const size = word(sizeAt);
      const starts = new Int32Array(memory.buffer, word(startsAt), size + 1);
      const text = Buffer.from(new Uint8Array(memory.buffer, word(arenaAt), word(usedAt))).toString("latin1");
      return Array.from({ length: size }, (_, number) => text.slice(starts[number], starts[number + 1]));
    },
  };
}
