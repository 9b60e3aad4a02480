import { expect, it } from "vitest";
import { redactor } from "./redaction.ts";

const { redact } = redactor();

it.each([
  [
    "connect postgres://analyst:h%40nter2@db.corp.example:5432/prod failed",
    ["analyst", "h%40nter2", "db.corp", "prod"],
  ],
  ['{"password":"hunter2","user":"me"}', ["hunter2"]],
  ['{"detail":"{\\"apiKey\\":\\"rb_live_12345678\\"}"}', ["rb_live", "12345678"]],
  ["authorization: Bearer eyJhbGciOi.abc.def", ["eyJ", "abc.def"]],
  ["PGPASSWORD=hunter2 psql", ["hunter2"]],
  ["secretToken = s3cr3t, next", ["s3cr3t"]],
  ["ECONNREFUSED 10.12.0.7:5432", ["10.12.0.7"]],
  ["ask jane.doe@corp.example about it", ["jane", "corp"]],
  ["/home/jane/films/My ratings/ratings.csv cannot be read", ["jane", "films"]],
  ["at open (/home/jane/reelbench/dist/node/engine.js:12:3)", ["jane"]],
  ["C:\\Users\\Jane\\ratings.csv is gone", ["Jane"]],
  ['"C:\\\\Users\\\\Jane\\\\ratings.csv"', ["Jane"]],
])("%s", (text, forbidden) => {
  for (const word of forbidden) expect(redact(text)).not.toContain(word);
});

it("keeps what says what happened", () => {
  expect(redact("at open (/home/jane/reelbench/dist/node/engine.js:12:3)")).toBe("at open (‹program›/engine.js:12:3)");
  expect(redact("RB_DISK_FULL: 12/14 parts, rmse 0.87, 127.0.0.1:8080 and/or 3/4")).toBe(
    "RB_DISK_FULL: 12/14 parts, rmse 0.87, 127.0.0.1:8080 and/or 3/4",
  );
  expect(redact('{"level":"info","runs":12}')).toBe('{"level":"info","runs":12}');
});

it("gives one file one stand-in, with its kind", () => {
  const own = redactor();
  const once = own.redact("/data/jane/ratings.csv");
  expect(once).toBe("‹path 1›.csv");
  expect(own.redact("again /data/jane/ratings.csv, then /data/jane/items.parquet")).toBe(
    `again ${once}, then ‹path 2›.parquet`,
  );
});
