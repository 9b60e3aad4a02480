import fc from "fast-check";
import { expect, test } from "vitest";
import { instantiateKernels, kernelModule } from "./kernels.ts";
import { allocateShared } from "./memory-layout.ts";
import * as reference from "./reference-rows.ts";
import type { RatingRows } from "./reference-rows.ts";

const module = await kernelModule();

/** A memory with room handed out from the front. */
function open() {
  const memory = allocateShared(4 * 2 ** 20);
  let used = 65_536;
  const place = (array: ArrayBufferView): number => {
    const at = used;
    new Uint8Array(memory.buffer).set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    used += Math.ceil((array.byteLength + 16) / 16) * 16;
    return at;
  };
  const ints = (at: number, length: number) => [...new Int32Array(memory.buffer, at, length)];
  return { kernels: instantiateKernels(module, memory), memory, place, ints };
}

const [users, items] = [7, 9];
const moment = fc.oneof(
  fc.constant(NaN),
  fc.integer({ min: 0, max: 4 }),
  ...[8, 9, 10, 12, 15].map((digits) => fc.integer({ min: 10 ** (digits - 1), max: 10 ** digits - 1 })),
  fc.constantFrom(0, 99_999_999, 100_000_000, 9_007_199_254_740_991),
);
const row = fc.record({
  u: fc.nat(users - 1),
  i: fc.nat(items - 1),
  code: fc.nat(3),
  time: moment,
  part: fc.constantFrom(0, 1, 2, 255),
});

function rowsOf(list: readonly { u: number; i: number; code: number; time: number; part: number }[]): RatingRows {
  return {
    u: Int32Array.from(list, ({ u }) => u),
    i: Int32Array.from(list, ({ i }) => i),
    code: Uint16Array.from(list, ({ code }) => code),
    time: Float64Array.from(list, ({ time }) => time),
    part: Uint8Array.from(list, ({ part }) => part),
    values: Float64Array.of(0.5, 5, 3, 4.25),
  };
}
const manyRows = fc.array(row, { minLength: 1, maxLength: 80 }).map(rowsOf);

test("rows are counted, put by user, sorted by item and settled as the plain way does", () => {
  fc.assert(
    fc.property(manyRows, fc.constantFrom(0, 1, 2, 3), (rows, keep) => {
      const { kernels, place, ints } = open();
      const n = rows.u.length;
      const [u, i, code, time, values] = [rows.u, rows.i, rows.code, rows.time, rows.values].map(place) as [
        number,
        number,
        number,
        number,
        number,
      ];
      const start = reference.userStarts(rows.u, users);
      const counts = place(new Int32Array(users));
      kernels.countRows(u, 0, n, counts);
      expect(ints(counts, users)).toEqual(start.slice(1).map((end, user) => end - (start[user] ?? 0)));
      const [starts, next, order] = [
        place(Int32Array.from(start)),
        place(Int32Array.from(start)),
        place(new Int32Array(n)),
      ];
      kernels.scatterToUsers(u, 0, n, 0, 3, next, order);
      kernels.scatterToUsers(u, 0, n, 3, users, next, order);
      const byUser = reference.rowsByUser(rows.u);
      expect(ints(order, n)).toEqual(byUser);
      const [kept, used] = [place(new Int32Array(users)), place(new Uint8Array(items))];
      const scratch = place(new Uint8Array(16 * n + 1024));
      kernels.sortUsers(0, users, starts, order, i, time, code, values, keep, scratch, n, kept, used);
      const expected = start
        .slice(1)
        .map((end, user) => reference.sortedRows(byUser.slice(start[user] ?? 0, end), rows, keep));
      expect(ints(kept, users)).toEqual(expected.map(({ length }) => length));
      kernels.compactRows(0, users, starts, kept, order, 0);
      expect(ints(order, expected.flat().length)).toEqual(expected.flat());
    }),
  );
});

test("different pairs and descents are found as the plain way finds them", () => {
  fc.assert(
    fc.property(manyRows, fc.nat(80), fc.nat(80), (rows, a, b) => {
      const { kernels, place, ints } = open();
      const [n, u, i] = [rows.u.length, place(rows.u), place(rows.i)];
      const order = place(Int32Array.from(reference.rowsByUser(rows.u)));
      const starts = place(Int32Array.from(reference.userStarts(rows.u, users)));
      const [seen, result, descent] = [
        place(new Int32Array(items)),
        place(new Int32Array(1)),
        place(new Int32Array(1)),
      ];
      kernels.countPairs(0, users, starts, order, i, seen, result);
      expect(ints(result, 1)).toEqual([reference.differentPairs(rows)]);
      const [from, to] = [Math.min(a, b, n), Math.min(Math.max(a, b), n)];
      kernels.findDescent(u, from, to, descent);
      expect(ints(descent, 1)).toEqual([reference.isDescending(rows.u, from, to) ? 1 : 0]);
    }),
  );
});

test("the canonical text is the one that its definition gives, with times of any length", () => {
  const ids = {
    users: Array.from({ length: users }, (_, n) => "user".repeat(n).slice(0, n + 1) + String(n)),
    items: Array.from({ length: items }, (_, n) => `${"ü".repeat(n)}${String(n)}`),
  };
  const arena = (texts: readonly string[]) => {
    const parts = texts.map((text) => Buffer.from(text, "utf8"));
    const starts = parts.reduce<number[]>((sums, part) => [...sums, (sums.at(-1) ?? 0) + part.length], [0]);
    return { starts: Int32Array.from(starts), bytes: Uint8Array.from(Buffer.concat(parts)) };
  };
  fc.assert(
    fc.property(manyRows, fc.boolean(), (given, hasParts) => {
      const { kernels, memory, place, ints } = open();
      const rows = hasParts ? given : { ...given, part: null };
      const n = rows.u.length;
      const order = [...rows.u.keys()].reverse();
      const [people, films, ratings] = [ids.users, ids.items, [...rows.values].map(String)].map((texts) => {
        const { starts, bytes } = arena(texts);
        return { starts: place(starts), bytes: place(bytes) };
      }) as [{ starts: number; bytes: number }, { starts: number; bytes: number }, { starts: number; bytes: number }];
      const [out, result] = [place(new Uint8Array(200 * n)), place(new Int32Array(1))];
      kernels.canonicalText(
        place(Int32Array.from(order)),
        0,
        n,
        place(rows.u),
        place(rows.i),
        place(rows.code),
        place(rows.time),
        rows.part === null ? 0 : place(rows.part),
        people.starts,
        people.bytes,
        films.starts,
        films.bytes,
        ratings.starts,
        ratings.bytes,
        out,
        result,
      );
      const text = Buffer.from(new Uint8Array(memory.buffer, out, ints(result, 1)[0] ?? 0)).toString("utf8");
      expect(text).toBe(reference.canonicalText(order, rows, ids));
    }),
  );
});

test("lines are counted as the plain way counts them, whatever stands behind the last", () => {
  const line = fc.string({ unit: fc.constantFrom("a", "1", ",", " ", "\t", "\r", "é"), maxLength: 40 });
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 30 }), fc.constantFrom("", "\n\n\nx"), (lines, behind) => {
      const { kernels, place, ints } = open();
      const text = lines.map((each) => `${each}\n`).join("");
      const bytes = place(Uint8Array.from(Buffer.from(text + behind)));
      const result = place(new Int32Array(2));
      kernels.countLines(bytes, Buffer.byteLength(text), result);
      const { lines: all, records } = reference.countLines(text);
      expect(ints(result, 2)).toEqual([all, records]);
    }),
  );
});

test("residualGoals leaves what a mean and biases do not explain", () => {
  const { kernels, memory, place } = open();
  const values = Float32Array.from({ length: 40 }, (_, n) => 1 + (n % 9) / 2);
  const columns = Int32Array.from(values, (_, n) => (7 * n) % 5);
  const bias = Float32Array.of(0.25, -0.5, 0, 1.5, -2);
  const out = place(new Float32Array(40));
  kernels.residualGoals(place(values), place(columns), place(bias), 0.5, 3.25, 0, 17, out);
  kernels.residualGoals(place(values), place(columns), place(bias), 0.5, 3.25, 17, 40, out);
  const left = [...new Float32Array(memory.buffer, out, 40)];
  expect(left).toEqual(reference.residualGoals(values, columns, bias, { factor: 0.5, mean: 3.25 }));
});
