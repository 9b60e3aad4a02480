import fc from "fast-check";
import { expect, test } from "vitest";
import * as reference from "../../compute/reference-records.ts";
import { idle } from "../temporary.fixture.ts";
import { bytesAt, float64At, int32At, openColumnSpace } from "./column-space.ts";
import { createIdTable } from "./id-table.ts";
import { allocateOrdinary, createLane } from "./plain-lane.ts";

const fields = ["user", null, "item", "rating", "time"] as const;
const id = fc.oneof(
  fc.string({ unit: fc.constantFrom("1", "2", "a", "_", "~"), minLength: 1, maxLength: 3 }),
  // Around eight bytes, where an id is no longer its own key.
  fc.integer({ min: 6, max: 18 }).chain((length) => fc.constantFrom("x", "y").map((last) => "q".repeat(length) + last)),
  fc.constantFrom("z".repeat(512), "0"),
);
const rating = fc.constantFrom("1", "5", "4.5", "-2", "0", "00.50", "3", "123456789012345", "9007199254740991");
const time = fc.constantFrom("0", "1", "1300000000", "12345678", "123456789012345", "99999999", "978300760.5");
const rest = fc.constantFrom("", "x", "some-word", "8bytes--", "9bytes---");
/** What is not plain, mostly. */
const odd = fc.constantFrom(
  "",
  " ",
  "a b",
  "ü",
  '"',
  '"a',
  'a"b',
  "+1",
  "1e3",
  "-0",
  ".5",
  "5.",
  "1.2.3",
  "9007199254740993",
  "12345678901234567",
  "w".repeat(513),
  "\t",
);
const line = fc.tuple(id, rest, id, rating, time, fc.boolean()).map(([user, other, item, stars, when, isQuoted]) => {
  const row = [user, other, item, stars, when];
  return { row: isQuoted ? row.map((field) => `"${field}"`) : row };
});
const damage = fc.record({
  at: fc.nat(40),
  field: fc.nat(4),
  text: odd,
  kind: fc.constantFrom("none", "none", "field", "missing", "more"),
});

test("plain records are read, or refused, as their definition says; ids and ratings are numbered as they appear", async () => {
  const space = await openColumnSpace(0, idle.signal);
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { minLength: 1, maxLength: 40 }),
        damage,
        fc.constantFrom(",", ";", "\t"),
        fc.boolean(),
        fc.constantFrom("\n", "\r\n", "\n\n"),
        async (lines, { at, field, text, kind }, delimiter, quotes, end) => {
          await Promise.resolve();
          const rows = lines.map(({ row }) => [...row]);
          const row = rows[at % rows.length] ?? [];
          if (kind === "field") row[field] = text;
          if (kind === "missing") row.pop();
          if (kind === "more") row.push("1");
          const piece = Buffer.from(rows.map((each) => each.join(delimiter) + end).join(""), "utf8");
          const layout = {
            delimiter: delimiter.charCodeAt(0),
            width: 5,
            user: 0,
            item: 2,
            rating: 3,
            time: 4,
            header: false,
            quotes,
          };
          const ordinary = allocateOrdinary(space, layout.delimiter);
          const columns = space.allocate(20);
          const places = [4, 4, 4, 2, 8].map((width) => space.allocate(width * 64));
          int32At(space, columns, 5).set(places);
          const lane = createLane(space, layout, { ordinary, columns, pieceBytes: piece.length });
          // The kernel's bytes are Latin letters one by one, as a person would not read them: what is not ASCII is never plain.
          const expected = reference.readPlainRecords(piece.toString("latin1"), 7, { delimiter, quotes, fields });
          const room = lane.place(0).subarray(0, piece.length);
          room.set(piece);
          lane.begin(room, 7, rows.length, 3);
          space.kernels.readPlainRecords(lane.pointer);
          expect(lane.rows()).toBe(expected === null ? -1 : expected.length);
          if (expected === null) return;
          const [users, items, stars] = [
            reference.numbered(expected.map((record) => record.user)),
            reference.numbered(expected.map((record) => record.item)),
            reference.numbered(expected.map((record) => record.rating)),
          ];
          const read = (place: number) => [...int32At(space, places[place] ?? 0, 3 + expected.length).subarray(3)];
          expect(read(0)).toEqual(expected.map((record) => record.line));
          expect([read(1), read(2)]).toEqual([users.numbers, items.numbers]);
          const codes = new Uint16Array(space.memory.buffer, places[3], 3 + expected.length).subarray(3);
          expect([...codes]).toEqual(stars.numbers);
          expect([...float64At(space, places[4] ?? 0, 3 + expected.length).subarray(3)]).toEqual(
            expected.map((record) => record.time),
          );
          expect([lane.users.ids(), lane.items.ids(), [...lane.values()]]).toEqual([users.all, items.all, stars.all]);
        },
      ),
      { numRuns: 150 },
    );
  } finally {
    await space.close();
  }
});

test("ids keep their numbers in a wider table, and get those of another they are merged into", async () => {
  const space = await openColumnSpace(0, idle.signal);
  try {
    const ordinary = allocateOrdinary(space, 44);
    const tableOf = (ids: readonly string[]) => {
      const layout = { delimiter: 44, width: 2, user: 0, item: 1, rating: -1, time: -1, header: false, quotes: false };
      const columns = space.allocate(20);
      int32At(space, columns, 5).set([4, 4, 4, 2, 8].map((width) => space.allocate(width * (ids.length + 1))));
      const text = ids.map((each) => `${each},1\n`).join("");
      const lane = createLane(space, layout, { ordinary, columns, pieceBytes: text.length + 1 });
      const room = lane.place(0).subarray(0, text.length);
      room.write(text, "latin1");
      lane.begin(room, 1, ids.length, 0);
      space.kernels.readPlainRecords(lane.pointer);
      return lane.users;
    };
    const some = (count: number, step: number) =>
      Array.from({ length: count }, (_, n) => `${"long-".repeat(n % 4)}${n * step}`);
    const [one, other] = [tableOf(some(700, 2)), tableOf(some(900, 3))];
    one.reserve(5000, 100_000);
    expect(one.ids()).toEqual(some(700, 2));
    const map = space.allocate(4 * other.size);
    space.kernels.mergeIds(other.pointer, 0, 400, one.pointer, ordinary, map);
    space.kernels.mergeIds(other.pointer, 400, other.size, one.pointer, ordinary, map);
    const { all, numbers } = reference.numbered(some(900, 3), some(700, 2));
    expect([...int32At(space, map, other.size)]).toEqual(numbers);
    expect(one.ids()).toEqual(all);
    const empty = createIdTable(space, space.kernels);
    expect([empty.size, empty.ids()]).toEqual([0, []]);
  } finally {
    await space.close();
  }
});

test("rows are renumbered by maps, and surveyed", async () => {
  const space = await openColumnSpace(0, idle.signal);
  try {
    const n = 30;
    const [u, i, codes, times, rows, used, range] = [4, 4, 2, 8, 4, 1, 8].map((width) => space.allocate(width * n)) as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const given = Array.from({ length: n }, (_, at) => (at * 7) % 10);
    const map = Array.from({ length: 10 }, (_, at) => 9 - at);
    const maps = [space.allocate(40), space.allocate(20)] as const;
    int32At(space, maps[0], 10).set(map);
    new Uint16Array(space.memory.buffer, maps[1], 10).set(map);
    int32At(space, u, n).set(given);
    int32At(space, i, n).set(given);
    new Uint16Array(space.memory.buffer, codes, n).set(given);
    space.kernels.renumber(u, i, codes, 2, 20, maps[0], 0, maps[1]);
    expect([...int32At(space, u, n)]).toEqual(reference.renumber(given, map, 2, 20));
    expect([...int32At(space, i, n)]).toEqual(reference.renumber(given, null, 2, 20));
    const left = new Uint16Array(space.memory.buffer, codes, n);
    expect([...left]).toEqual(reference.renumber(given, map, 2, 20));
    const moments = float64At(space, times, n);
    moments.forEach((_, at) => (moments[at] = at % 4 === 0 ? NaN : (at * 13) % 29));
    for (const list of [[], [0], [3, 0, 21, 8], Array.from({ length: n }, (_, at) => n - 1 - at)]) {
      int32At(space, rows, n).set(list);
      bytesAt(space, used, 10).fill(0);
      float64At(space, range, 2).set([Infinity, -Infinity]);
      space.kernels.surveyRows(rows, codes, times, 0, list.length, used, range);
      const expected = reference.surveyRows(list, left, moments);
      expect([...bytesAt(space, used, 10)]).toEqual(
        Array.from({ length: 10 }, (_, code) => (expected.used.has(code) ? 1 : 0)),
      );
      expect([...float64At(space, range, 2)]).toEqual([...expected.range]);
    }
  } finally {
    await space.close();
  }
});
