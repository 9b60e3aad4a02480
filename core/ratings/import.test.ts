import { execFileSync } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import iconv from "iconv-lite";
import { describe, expect, it } from "vitest";
import { withDatabase } from "./database.ts";
import { importSource } from "./import.ts";
import { idle, importBytes, importFile, inTemporaryFolder } from "./temporary.fixture.ts";

const ids = (rows: readonly { user_id: string; item_id: string; rating: number }[]) =>
  rows.map((row) => [row.user_id, row.item_id, row.rating]);

describe("layouts", () => {
  it("reads tab-separated ratings without a header as MovieLens 100K", async () => {
    const { source, rows } = await importBytes("196\t242\t3\t881250949\n186\t302\t5\t891717742\n", {}, "u.data");
    expect(source).toMatchObject({
      layout: "MovieLens 100K",
      read: 2,
      accepted: 2,
      users: 2,
      scale: { minimum: 1, maximum: 5 },
    });
    expect(rows[0]).toEqual({ line: 1, user_id: "196", item_id: "242", rating: 3, time: 881250949 });
  });

  it("keeps leading zeros of ids between double colons", async () => {
    const { source, rows } = await importBytes(
      "1::0120735::9::1363245118\n0002::1707386::10::1362869072\n",
      {},
      "ratings.dat",
    );
    expect(source.layout).toBe("MovieTweetings");
    expect(ids(rows)).toEqual([
      ["1", "0120735", 9],
      ["0002", "1707386", 10],
    ]);
  });

  it("reads CSV with byte order mark, CR LF, quoted commas, quotes and line breaks", async () => {
    const { source, rows, items } = await importBytes(
      '\u{FEFF}User,Movie,Title,Rating,When\r\n1,a,"Lock, ""Stock""\r\nand (1998)",4,2013-03-14T07:11:58Z\r\n2,b,Léon,5,2013-03-14T09:11:58+02:00\r\n',
    );
    expect(source).toMatchObject({ read: 2, accepted: 2, rejected: 0 });
    expect(rows.map(({ line, time }) => [line, time])).toEqual([
      [2, 1363245118],
      [4, 1363245118],
    ]);
    expect(items.map(({ title, year }) => [title, year])).toEqual([
      ['Lock, "Stock"\r\nand (1998)', 1998],
      ["Léon", null],
    ]);
  });

  it("unrolls Netflix' movie headers", async () => {
    const { source, rows } = await importBytes(
      "7:\n1488844,3,2005-09-06\n822109,5,2005-05-13\n12:\n885013,4,2005-10-19\n",
      {},
      "mv.txt",
    );
    expect(source).toMatchObject({ layout: "Netflix Prize", read: 3, accepted: 3 });
    expect(rows.map(({ line, user_id, item_id, time }) => [line, user_id, item_id, time])).toEqual([
      [2, "1488844", "7", Date.UTC(2005, 8, 6) / 1000],
      [3, "822109", "7", Date.UTC(2005, 4, 13) / 1000],
      [5, "885013", "12", Date.UTC(2005, 9, 19) / 1000],
    ]);
  });

  it("reads Book-Crossing in Latin-1, and space-separated FilmTrust", async () => {
    const books = await importBytes(
      iconv.encode('"User-ID";"ISBN";"Book-Rating"\n"2767é";"034545104X";"0"\n"276726";"0155061224";"10"\n', "latin1"),
    );
    expect(books.source).toMatchObject({ layout: "Book-Crossing", scale: { minimum: 0, maximum: 10 } });
    expect(ids(books.rows)).toEqual([
      ["2767é", "034545104X", 0],
      ["276726", "0155061224", 10],
    ]);
    const trust = await importBytes("1 1 2\n1 2  4\n2 10 3.5", {}, "ratings.txt");
    expect(trust.source).toMatchObject({ layout: "FilmTrust", read: 3, accepted: 3 });
  });

  it("gives a personal export one user and says so", async () => {
    const csv =
      'Const,Your Rating,Date Rated,Title,IMDb Rating,Year,Genres\ntt0133093,9,2024-03-15,The Matrix,8.7,1999,"Action, Sci-Fi"\n';
    const { source, rows, items } = await importBytes(csv);
    expect(source.layout).toBe("IMDb export");
    expect(source.warnings.join()).toContain('"me"');
    expect(rows[0]).toMatchObject({ user_id: "me", item_id: "tt0133093", rating: 9 });
    expect(items[0]).toEqual({ item_id: "tt0133093", title: "The Matrix", year: 1999, genres: ["Action", "Sci-Fi"] });
    const named = await importBytes(csv, { singleUserId: "o'hara; --" });
    expect(named.rows[0]?.user_id).toBe("o'hara; --");
  });

  it("unrolls a wide matrix, where 99 means no rating", async () => {
    const { source, rows } = await importBytes("user,m1,m2,m3\nu1,7.82,99,-9.85\nu2,,NA,4\nu3,1\n");
    expect(ids(rows)).toEqual([
      ["u1", "m1", 7.82],
      ["u1", "m3", -9.85],
      ["u2", "m3", 4],
    ]);
    expect(source).toMatchObject({ read: 4, accepted: 3, rejected: 1, rejectsByReason: { ragged: 1 } });
  });

  it("passes over the index column of pandas and the row names of R", async () => {
    const pandas = await importBytes(",userId,movieId,rating\n0,7,00,4.0\n1,7,01,5.0\n");
    expect(ids(pandas.rows)).toEqual([
      ["7", "00", 4],
      ["7", "01", 5],
    ]);
    const r = await importBytes('"user","item","rating"\n"1","a","x",3\n"2","a","y",4\n');
    expect(ids(r.rows)).toEqual([
      ["a", "x", 3],
      ["a", "y", 4],
    ]);
  });

  it("reads UTF-16 with and without byte order mark, and Windows-1252 with decimal commas", async () => {
    const text = "user\titem\trating\r\n1\té\t3\r\n2\tb\t5\r\n";
    for (const [encoding, addBOM] of [
      ["utf-16le", true],
      ["utf-16be", true],
      ["utf-16le", false],
    ] as const) {
      const { rows } = await importBytes(iconv.encode(text, encoding, { addBOM }), {}, "export.txt");
      expect(ids(rows)).toEqual([
        ["1", "é", 3],
        ["2", "b", 5],
      ]);
    }
    const german = await importBytes(
      iconv.encode(
        "Benutzer;Film;Bewertung;Datum\r\n1;„é“;4,5;14.03.2013 07:11\r\n2;b;5,0;01.12.2013 00:00\r\n",
        "windows-1252",
      ),
    );
    expect(german.source.options).toMatchObject({ encoding: "windows-1252", timeFormat: "eu-datetime" });
    expect(german.rows.map(({ item_id, rating, time }) => [item_id, rating, time])).toEqual([
      ["„é“", 4.5, Date.UTC(2013, 2, 14, 7, 11) / 1000],
      ["b", 5, Date.UTC(2013, 11, 1) / 1000],
    ]);
  });

  it("reads gzip whatever the name says, and JSON lines with ids past 2^53", async () => {
    const zipped = await importBytes(gzipSync("u1::a::4::1363245118\nu2::b::5::1363245119\n"), {}, "ratings_dat");
    expect(zipped.source).toMatchObject({ read: 2, accepted: 2 });
    const json = await importBytes(
      '{"user":12345678901234567891,"item":"007","rating":9,"ts":"2013-03-14T07:11:58Z"}\n[1]\n\n{"user":1,"item":"a","rating":null}\n{"user":2,"item":"b","rating":1}\n',
      {},
      "r.jsonl",
    );
    expect(ids(json.rows)).toEqual([
      ["12345678901234567891", "007", 9],
      ["2", "b", 1],
    ]);
    expect(json.rejects.map(({ line, reason }) => [line, reason])).toEqual([
      [2, "not-a-record"],
      [4, "missing-rating"],
    ]);
  });

  it("reads Parquet by its columns", async () => {
    await inTemporaryFolder(async (directory) => {
      const path = join(directory, "it's [a] *.parquet");
      await withDatabase({}, (database) =>
        database.run(
          `COPY (SELECT * FROM (VALUES (1.0::DOUBLE, '007', 4.5::FLOAT, TIMESTAMP '2013-03-14 07:11:58'), (2.0, '8', 'nan', NULL)) AS t(userId, movieId, rating, timestamp)) TO '${path.replaceAll("'", "''")}' (FORMAT parquet)`,
        ),
      );
      const { source, rows, rejects } = await importFile(path);
      expect(rows).toEqual([{ line: 1, user_id: "1", item_id: "007", rating: 4.5, time: 1363245118 }]);
      expect(rejects).toMatchObject([{ line: 2, reason: "rating-not-a-number" }]);
      expect(source.read).toBe(2);
    });
  });

  it("finds titles beside the ratings", async () => {
    await inTemporaryFolder(async (directory) => {
      await writeFile(join(directory, "u.data"), "1\t1\t3\t881250949\n1\t543\t4\t881250949\n");
      await writeFile(
        join(directory, "u.item"),
        iconv.encode(
          `1|Toy Story (1995)|01-Jan-1995||http|0|0|0|1|1|1${"|0".repeat(13)}\n543|Misérables, Les (1995)|01-Jan-1995||http|0|0|0|0|0|0|0|0|1|0|0|0|1${"|0".repeat(6)}\n`,
          "latin1",
        ),
      );
      const source = await importSource(
        { path: join(directory, "u.data"), options: {}, itemsPath: undefined },
        join(directory, "sources"),
        idle,
      );
      expect(source).toMatchObject({ hasTitles: true, files: [{}, { path: join(directory, "u.item") }] });
      const { items } = await importFile(join(directory, "u.data"), {}, join(directory, "u.item"));
      expect(items).toEqual([
        { item_id: "1", title: "Toy Story (1995)", year: 1995, genres: ["Animation", "Children's", "Comedy"] },
        { item_id: "543", title: "Misérables, Les (1995)", year: 1995, genres: ["Drama", "Musical"] },
      ]);
    });
  });
});

describe("times", () => {
  const timesOf = async (cells: readonly string[]) =>
    (
      await importBytes(
        `user;item;rating;date\n${cells.map((cell, n) => `u;i${String(n)};${String((n % 5) + 1)};${cell}`).join("\n")}\n`,
      )
    ).rows.map(({ time }) => time);

  it("tells seconds, milliseconds and days of Excel by their size", async () => {
    expect(await timesOf(["1363245118", "1363245119.7"])).toEqual([1363245118, 1363245119]);
    expect(await timesOf(["1363245118950", "1362869072076"])).toEqual([1363245118, 1362869072]);
    expect(await timesOf(["1363245118950123", "1362869072076456"])).toEqual([1363245118, 1362869072]);
    expect(await timesOf(["41347.25", "41348"])).toEqual([
      Date.UTC(2013, 2, 14, 6) / 1000,
      Date.UTC(2013, 2, 15) / 1000,
    ]);
  });

  it("tells month first from day first by looking at every date", async () => {
    expect(await timesOf(["03/04/2013 12:40 AM", "03/14/2013 07:11 PM"])).toEqual([
      Date.UTC(2013, 2, 4, 0, 40) / 1000,
      Date.UTC(2013, 2, 14, 19, 11) / 1000,
    ]);
    expect(await timesOf(["03/04/2013", "14/03/2013"])).toEqual([
      Date.UTC(2013, 3, 3) / 1000,
      Date.UTC(2013, 2, 14) / 1000,
    ]);
  });

  it("reads years of two digits, and zones by name", async () => {
    expect(await timesOf(["14.03.13 07:11", "31.12.99 00:00"])).toEqual([
      Date.UTC(2013, 2, 14, 7, 11) / 1000,
      Date.UTC(1999, 11, 31) / 1000,
    ]);
    expect(await timesOf(["3/14/13", "12/31/2012"])).toEqual([
      Date.UTC(2013, 2, 14) / 1000,
      Date.UTC(2012, 11, 31) / 1000,
    ]);
    expect(await timesOf(["2013-03-14 07:11:58 UTC", "2013-03-14 07:11:58 Europe/Berlin"])).toEqual([
      1363245118, 1363241518,
    ]);
  });

  it("warns of times a spreadsheet rounded and of ids it damaged", async () => {
    const { source } = await importBytes("user,item,rating,timestamp\n1,1.2E+05,5,1.36325E+09\n2,7,4,1.36325E+09\n");
    expect(source.warnings.join(" ")).toMatch(/1\.36325E\+09.*export/i);
    expect(source.warnings.join(" ")).toMatch(/1\.2E\+05/);
  });
});

describe("what cannot be read", () => {
  it("is kept with its line, its reason and its text", async () => {
    const lines = [
      "user,item,rating,timestamp",
      "1,a,9,1363245118",
      ",a,9,1363245118",
      "2,,9,1363245118",
      "3,a,,1363245118",
      "4,a,NaN,1363245118",
      "5,a,Infinity,1363245118",
      "6,a,eight,1363245118",
      "7,a,8,yesterday",
      "8,a,8,1363245118,more",
      "9,a",
      "# note",
      "",
      "10,a,10,",
      " 11 , a , 8.50 ,1363245118",
      '"12",a,1e1,1363245118',
      "13,a,1_0,1363245118",
    ];
    const { source, rows, rejects } = await importBytes(lines.join("\n"));
    expect(rows.map(({ line }) => line)).toEqual([2, 14, 15, 16]);
    expect(rejects.map(({ line, reason, raw }) => [line, reason, raw])).toEqual([
      [3, "missing-user", lines[2]],
      [4, "missing-item", lines[3]],
      [5, "missing-rating", lines[4]],
      [6, "rating-not-a-number", lines[5]],
      [7, "rating-not-a-number", lines[6]],
      [8, "rating-not-a-number", lines[7]],
      [9, "bad-time", lines[8]],
      [10, "ragged", lines[9]],
      [11, "ragged", lines[10]],
      [12, "not-a-record", lines[11]],
      [17, "rating-not-a-number", lines[16]],
    ]);
    expect(source).toMatchObject({ read: 15, accepted: 4, rejected: 11, timeShare: 0.75 });
  });

  it("puts aside slips off the scale, wherever in the file they stand, and keeps a scale of its own", async () => {
    const stars = Array.from({ length: 3000 }, (_, n) => `u${String(n)},i,${String((n % 5) + 1)}`);
    const { source, rejects } = await importBytes(["user,item,rating", ...stars, "x,i,77", "y,i,-1"].join("\n"));
    expect(source.scale).toEqual({ minimum: 1, maximum: 5, step: 1 });
    expect(rejects.map(({ line, reason }) => [line, reason])).toEqual([
      [3002, "rating-off-scale"],
      [3003, "rating-off-scale"],
    ]);
    const grades = Array.from({ length: 600 }, (_, n) => `u${String(n)},i,${String((n % 6) + 1)}`);
    expect((await importBytes(["user,item,rating", ...grades].join("\n"))).source).toMatchObject({
      accepted: 600,
      scale: { minimum: 1, maximum: 6 },
    });
    expect(
      (await importBytes(["user,item,rating", ...grades].join("\n"), { scale: { minimum: 1, maximum: 5 } })).source
        .rejectsByReason,
    ).toEqual({ "rating-off-scale": 100 });
  });

  it("refuses ids that are no text", async () => {
    const { rows, rejects } = await importBytes(
      Buffer.concat([
        Buffer.from("user,item,rating\né,ü,5\nö,a,4\nü,a,4\n\u{1F600},a,4\nß,a,4\n"),
        Buffer.from([0xe9]),
        Buffer.from(",a,5\nb\0c,a,4\n"),
      ]),
    );
    expect(rows).toHaveLength(5);
    expect(rejects.map(({ line, reason }) => [line, reason])).toEqual([
      [7, "bad-encoding"],
      [8, "bad-encoding"],
    ]);
  });

  it("keeps duplicates and counts them", async () => {
    const { source } = await importBytes("user,item,rating\n1,a,5\n1,a,4\n1,a,5\n2,a,1\n");
    expect(source).toMatchObject({ accepted: 4, duplicates: 2 });
  });

  it.each([
    ["nothing", "", "RB_IMPORT_EMPTY"],
    ["blank lines", "\n \n\r\n", "RB_IMPORT_EMPTY"],
    ["a header alone", "user,item,rating\n", "RB_IMPORT_EMPTY"],
    ["prose", "It was a dark night.\nNothing happened.\n", "RB_IMPORT_FORMAT_UNKNOWN"],
    ["a file of titles", "movieId,title,genres\n1,Toy Story (1995),Comedy\n", "RB_IMPORT_NO_RATING_COLUMN"],
    ["no user", "movie,rating\n1,4\n2,5\n", "RB_IMPORT_NO_USER_COLUMN"],
    ["mostly rubbish", `user,item,rating\n1,a,5\n${"1,a,x\n".repeat(50)}`, "RB_IMPORT_TOO_MANY_REJECTS"],
    [
      "one JSON array",
      '[\n {"user": "u", "item": "a", "rating": 3},\n {"user": "v", "item": "b", "rating": 4}]',
      "RB_IMPORT_FORMAT_UNKNOWN",
    ],
    ["a ZIP archive", "PK\u{3}\u{4}rest", "RB_IMPORT_FORMAT_UNKNOWN"],
    ["a broken gzip", gzipSync("1::2::3\n".repeat(1000)).subarray(0, 40), "RB_FILE_UNREADABLE"],
    ["a broken Parquet file", "PAR1 and nothing more", "RB_FILE_UNREADABLE"],
  ])("refuses %s with a code", async (_, bytes, code) => {
    await expect(importBytes(bytes)).rejects.toMatchObject({ code });
  });

  it("refuses what is no regular file", async () => {
    await inTemporaryFolder(async (directory) => {
      await mkdir(join(directory, "folder"));
      await symlink(join(directory, "loop"), join(directory, "loop"));
      execFileSync("mkfifo", [join(directory, "pipe")]);
      const attempt = (name: string) =>
        importSource({ path: join(directory, name), options: {}, itemsPath: null }, join(directory, "sources"), idle);
      await expect(attempt("folder")).rejects.toMatchObject({ code: "RB_FILE_UNREADABLE" });
      await expect(attempt("pipe")).rejects.toMatchObject({ code: "RB_FILE_UNREADABLE" });
      await expect(attempt("loop")).rejects.toMatchObject({ code: "RB_FILE_UNREADABLE" });
      await expect(attempt("absent")).rejects.toMatchObject({ code: "RB_FILE_NOT_FOUND" });
    });
  });
});
