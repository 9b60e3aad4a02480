import { describe, expect, it } from "vitest";
import { hasSharedData, sharedData } from "../../e2e/shared-data.ts";
import { previewFile } from "./preview.ts";
import { importFile } from "./temporary.fixture.ts";

/**
 * Real exports and how strange they are. The counts were taken from the files by hand; what
 * they stand for is tested on texts of our own in `import.test.ts`.
 */
describe.skipIf(!hasSharedData)("files of the odd folder", () => {
  it.each([
    [
      "bom_crlf_quoted.csv",
      { read: 80, accepted: 80, users: 47, items: 65, duplicates: 2, hasTitles: true, timeShare: 1 },
    ],
    ["bookcrossing_BX-Book-Ratings.csv", { read: 7, accepted: 7, layout: "Book-Crossing", hasTime: false }],
    [
      "broken_rows.csv",
      {
        read: 21,
        accepted: 8,
        rejected: 13,
        rejectsByReason: {
          "bad-time": 3,
          "missing-item": 1,
          "missing-rating": 1,
          "not-a-record": 1,
          ragged: 3,
          "rating-not-a-number": 2,
          "rating-off-scale": 2,
        },
      },
    ],
    [
      "cp1252_semicolon_decimal_comma.csv",
      { read: 80, accepted: 80, users: 47, items: 65, hasTitles: true, timeShare: 1 },
    ],
    ["embedded_newline_in_quotes.csv", { read: 2, accepted: 2, hasTitles: true }],
    ["epoch_ms.tsv", { read: 80, accepted: 80, users: 47, timeShare: 1 }],
    ["excel_mangled_ids_and_timestamps.csv", { read: 80, accepted: 80, timeShare: 1 }],
    [
      "filmtrust_NO_HEADER_NO_FINAL_NEWLINE.csv",
      { read: 37, accepted: 36, rejected: 1, rejectsByReason: { ragged: 1 } },
    ],
    ["imdb_ratings_export.csv", { read: 6, accepted: 6, users: 1, items: 6, layout: "IMDb export" }],
    ["letterboxd_ratings.csv", { read: 3, accepted: 3, users: 1, items: 3, layout: "Letterboxd export" }],
    ["mixed_eol.csv", { read: 4, accepted: 4, users: 4, items: 4 }],
    ["netflix_mv_0000001.txt", { read: 25, accepted: 25, users: 25, items: 1, timeShare: 1 }],
    ["pandas_UNNAMED_INDEX_COLUMN.csv", { read: 39, accepted: 39, users: 1, items: 39 }],
    ["ratings.jsonl", { read: 30, accepted: 30, users: 27, items: 22, timeShare: 1 }],
    ["ratings_dat.gz", { read: 10_000, accepted: 10_000, users: 3794, layout: "MovieTweetings" }],
    ["us_dates_ampm.csv", { read: 80, accepted: 80, timeShare: 1 }],
    ["utf16le_tab.txt", { read: 80, accepted: 80, users: 47, hasTitles: true }],
    ["wide_matrix_99_is_missing.csv", { read: 8, accepted: 8, users: 3, items: 4 }],
  ])("imports %s", async (name, expected) => {
    const path = sharedData("odd", name);
    expect((await previewFile(path, {})).problem).toBeNull();
    expect((await importFile(path)).source).toMatchObject(expected);
  });

  it.each([
    ["empty.csv", "RB_IMPORT_EMPTY"],
    ["header_only.csv", "RB_IMPORT_EMPTY"],
    ["ml100k_u.item_PIPE_LATIN1.dat", "RB_IMPORT_NO_RATING_COLUMN"],
  ])("refuses %s and says what to do", async (name, code) => {
    const path = sharedData("odd", name);
    const { problem } = await previewFile(path, {});
    expect(problem).toMatchObject({ code });
    expect(problem?.remedy).not.toBe("");
    await expect(importFile(path)).rejects.toMatchObject({ code });
  });

  it("keeps the very same times and ids through five ways of writing them", async () => {
    const [iso, ms, us] = await Promise.all([
      importFile(sharedData("odd", "bom_crlf_quoted.csv")),
      importFile(sharedData("odd", "epoch_ms.tsv")),
      importFile(sharedData("odd", "us_dates_ampm.csv")),
    ]);
    expect(ms.rows.map(({ user_id, item_id, time }) => [user_id, item_id, time])).toEqual(
      iso.rows.map(({ user_id, item_id, time }) => [user_id, item_id, time]),
    );
    // The US dates have no seconds.
    expect(us.rows.map(({ time }) => time)).toEqual(
      iso.rows.map(({ time }) => (time === null ? null : time - (time % 60))),
    );
  });
});

describe.skipIf(!hasSharedData)("public data sets", () => {
  it.each([
    ["ml-100k/u.data", { read: 100_000, accepted: 100_000, users: 943, items: 1682, hasTitles: true }, "u.item"],
    [
      "ml-latest-small/ratings.csv",
      { read: 100_836, accepted: 100_836, users: 610, items: 9724, hasTitles: true },
      "movies.csv",
    ],
    [
      "movietweetings/ratings.dat",
      { read: 141_695, accepted: 141_695, users: 21_081, items: 12_611, hasTitles: true },
      "movies.dat",
    ],
  ])("imports all of %s", async (name, expected, titles) => {
    const path = sharedData(name);
    const { itemsPath } = await previewFile(path, {});
    expect(itemsPath?.endsWith(titles)).toBe(true);
    expect((await importFile(path, {}, itemsPath)).source).toMatchObject({ ...expected, rejected: 0 });
  });
});
