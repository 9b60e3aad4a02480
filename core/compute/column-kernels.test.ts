import fc from "fast-check";
import { expect, test } from "vitest";
import { openKernelMemory } from "./kernel-memory.fixture.ts";
import type { KernelMemory } from "./kernel-memory.fixture.ts";
import * as reference from "./reference-columns.ts";

/** Around the lengths at which bytes, miniblocks and blocks end. */
const length = fc.oneof(
  fc.constantFrom(1, 2, 7, 8, 9, 31, 32, 33, 34, 127, 128, 129, 130, 257),
  fc.integer({ min: 1, max: 300 }),
);
const [lowest, highest] = [-(2 ** 31), 2 ** 31 - 1];
const anyInt = fc.oneof(
  fc.integer({ min: 0, max: 3 }),
  fc.integer({ min: 0, max: 100_000 }),
  fc.constantFrom(lowest, highest, 0, -1),
);
const listOf = <T>(value: fc.Arbitrary<T>) =>
  length.chain((n) =>
    fc.oneof(
      fc.array(value, { minLength: n, maxLength: n }),
      value.map((one) => Array.from({ length: n }, () => one)),
    ),
  );

/** What an encoder left: its bytes, and the numbers at `result`. */
function encodedAt({ bytes, int32, memory }: KernelMemory, out: number, result: number): reference.Encoded {
  const [written = 0, known = 0] = int32(result, 2);
  const [least = 0n, greatest = 0n] = new BigInt64Array(memory.buffer, result + 8, 2);
  return {
    bytes: [...bytes(out, written)],
    known,
    least: known === 0 ? null : least,
    greatest: known === 0 ? null : greatest,
  };
}

/** The same rows twice: as they lie, and turned round by a list of rows. */
const turned = (n: number) => Int32Array.from({ length: n }, (_, at) => n - 1 - at);

test("whole numbers are encoded as the format says, by a map and in any order of rows", async () => {
  await fc.assert(
    fc.asyncProperty(listOf(anyInt), fc.nat(3), async (values, skipped) => {
      const it = await openKernelMemory();
      const n = values.length;
      const [out, result, scratch] = [it.room(8 * n + 1024), it.room(24), it.room(8 * n)];
      const column = it.place(Int32Array.from([...Array.from({ length: skipped }, () => 9), ...values]));
      it.kernels.encodeInts(column + 4 * skipped, 0, 0, 0, n, scratch, out, result);
      expect(encodedAt(it, out, result)).toEqual(reference.encodeInts(values));
      // Numbers of places, from last to first, and what lies at them.
      const places = it.place(Int32Array.from(values.keys()));
      it.kernels.encodeInts(places, it.place(turned(n)), it.place(Int32Array.from(values)), 0, n, scratch, out, result);
      expect(encodedAt(it, out, result)).toEqual(reference.encodeInts(values.toReversed()));
    }),
    { numRuns: 60 },
  );
});

test("bytes and times are encoded with levels of what is known: all, some or none of them", async () => {
  const byte = fc.oneof(fc.constant(255), fc.nat(254));
  const time = fc.oneof(
    fc.constant(NaN),
    fc.constantFrom(0, -0, -1.5, 2 ** 40),
    fc.integer({ min: 0, max: 2_000_000_000 }),
  );
  await fc.assert(
    fc.asyncProperty(listOf(byte), listOf(time), fc.constantFrom(1, 1000, NaN), async (given, times, unit) => {
      const it = await openKernelMemory();
      const [out, result, scratch] = [it.room(16 * 300 + 1024), it.room(24), it.room(8 * 300)];
      it.kernels.encodeBytes(it.place(Uint8Array.from(given)), 0, 255, 0, given.length, scratch, out, result);
      expect(encodedAt(it, out, result)).toEqual(
        reference.encodeOptional(given.map((value) => (value === 255 ? null : value))),
      );
      const rows = it.place(turned(times.length));
      it.kernels.encodeTimes(it.place(Float64Array.from(times)), rows, unit, 0, times.length, scratch, out, result);
      expect(encodedAt(it, out, result)).toEqual(
        reference.encodeOptional(reference.wholeSeconds(times.toReversed(), unit)),
      );
      it.kernels.encodeBytes(scratch, 0, 255, 0, 0, scratch, out, result);
      expect(encodedAt(it, out, result)).toEqual(reference.encodeOptional([]));
    }),
    { numRuns: 60 },
  );
});

test("codes of every width and their values are encoded as the format says", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 16 }), length, fc.nat(1000), async (width, n, seed) => {
      const it = await openKernelMemory();
      const codes = Array.from({ length: n }, (_, at) => ((at + seed) * 40_503) % 2 ** width);
      const [out, result] = [it.room(8 * n + 64), it.room(24)];
      const column = it.place(Uint16Array.from(codes));
      it.kernels.encodeCodes(column, 0, width, 0, n, out, result);
      expect(encodedAt(it, out, result).bytes).toEqual(reference.encodeCodes(codes, width));
      const values = [-0, 5e-324, Infinity, NaN, 3.5, -1e308];
      const valueOf = it.place(Float64Array.from(values));
      const few = Uint16Array.from(codes, (code) => code % values.length);
      it.kernels.encodeValues(it.place(few), it.place(turned(n)), valueOf, 0, n, out, result);
      const expected = Array.from(few, (code) => values[code] ?? NaN).toReversed();
      expect(encodedAt(it, out, result).bytes).toEqual(reference.encodeValues(expected));
    }),
    { numRuns: 60 },
  );
});

/** Bytes as they are, cut short, or with one of them changed. */
const damage = fc.record({ kind: fc.constantFrom("none", "cut", "changed"), at: fc.nat(10_000), value: fc.nat(255) });
type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;
function damaged(bytes: readonly number[], { kind, at, value }: Damage): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const place = bytes.length === 0 ? 0 : at % bytes.length;
  if (kind === "cut") return copy.subarray(0, place);
  // Mostly the first bytes, where lengths and widths are.
  if (kind === "changed") copy[at % 3 === 0 ? place : place % 12] = value;
  return copy;
}

test("what is decoded, and what is refused, of whole and of damaged whole numbers", async () => {
  await fc.assert(
    fc.asyncProperty(listOf(fc.nat(500)), damage, fc.constantFrom(1, 400, 501), async (values, how, below) => {
      const it = await openKernelMemory();
      const given = damaged(reference.encodeInts(values).bytes, how);
      const n = values.length;
      const [out, result, at] = [it.room(4 * n), it.room(8), it.place(given)];
      const map = Int32Array.from({ length: 501 }, (_, value) => 7 * value);
      it.kernels.decodeInts(at, given.length, n, below, it.place(map), it.room(8 * n), out, result);
      const expected = reference.decodeInts(given, n, below);
      expect(it.int32(result, 1)[0]).toBe(expected === null ? 0 : 1);
      if (expected !== null) expect([...it.int32(out, n)]).toEqual(expected.map((value) => 7 * value));
    }),
    { numRuns: 150 },
  );
});

test("what is decoded, and what is refused, of whole and of damaged times and bytes", async () => {
  const some = fc.oneof(fc.constant(null), fc.nat(300));
  await fc.assert(
    fc.asyncProperty(listOf(some), damage, async (values, how) => {
      const it = await openKernelMemory();
      const given = damaged(reference.encodeOptional(values).bytes, how);
      const n = values.length;
      const [out, result, at, scratch] = [it.room(8 * n), it.room(8), it.place(given), it.room(8 * n)];
      it.kernels.decodeTimes(at, given.length, n, scratch, out, result);
      const times = reference.decodeOptional(given, n, false);
      expect(it.int32(result, 1)[0]).toBe(times === null ? 0 : 1);
      if (times !== null)
        expect([...it.float64(out, n)]).toEqual(times.map((value) => (value === null ? NaN : Number(value))));
      it.kernels.decodeBytes(at, given.length, n, 255, scratch, out, result);
      const bytes = reference.decodeOptional(given, n, true);
      const areBytes = bytes?.every((value) => value === null || (value >= 0n && value < 256n)) === true;
      expect(it.int32(result, 1)[0]).toBe(areBytes ? 1 : 0);
      if (areBytes) expect([...it.bytes(out, n)]).toEqual(bytes.map((value) => (value === null ? 255 : Number(value))));
    }),
    { numRuns: 200 },
  );
});

test("what is decoded, and what is refused, of whole and of damaged codes", async () => {
  await fc.assert(
    fc.asyncProperty(listOf(fc.nat(40)), damage, fc.constantFrom(1, 30, 41), async (codes, how, size) => {
      const it = await openKernelMemory();
      const given = damaged(reference.encodeCodes(codes, 6), how);
      const n = codes.length;
      const [out, result, at] = [it.room(4 * n), it.room(8), it.place(given)];
      const expected = reference.decodeCodes(given, n, size);
      const map = Uint16Array.from({ length: 65_536 }, (_, code) => 65_535 - code);
      it.kernels.decodeCodes(at, given.length, n, size, it.place(map), out, result);
      expect(it.int32(result, 1)[0]).toBe(expected === null ? 0 : 1);
      if (expected !== null)
        expect([...new Uint16Array(it.memory.buffer, out, n)]).toEqual(expected.map((code) => 65_535 - code));
      const values = Float32Array.from({ length: 41 }, (_, code) => code / 7);
      it.kernels.decodeRatings(at, given.length, n, size, it.place(values), out, result);
      expect(it.int32(result, 1)[0]).toBe(expected === null ? 0 : 1);
      if (expected !== null) expect([...it.float32(out, n)]).toEqual(expected.map((code) => values[code]));
    }),
    { numRuns: 150 },
  );
});
