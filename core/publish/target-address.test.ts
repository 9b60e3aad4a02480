import { expect, test } from "vitest";
import { ReelbenchError } from "../contract/errors.ts";
import { parsePostgresUrl, parseRedisUrl, parseTarget, withoutPassword } from "./target-address.ts";

test.each([
  "postgres://u:p%40ss@db.example:5432/films",
  "postgresql://u@[::1]:5433/films?sslmode=verify-full",
  "postgres://localhost/films",
])("%s is taken", (url) => {
  expect(parsePostgresUrl(url)).toBeInstanceOf(URL);
});

test.each([
  "",
  "films",
  "http://db/films",
  "postgres://u:secret@db",
  "postgres://u:secret@db/",
  "postgres:///films",
  "postgres://u:secret@db/films?host=/var/run",
  "postgres://u:secret@db/films?sslcert=/etc/passwd",
  "postgres://u:secret@db/films?options=-c%20search_path%3Devil",
  "postgres://u:secret@db/films?sslmode=whatever",
  "postgres://u:secret@db/films#x",
  " postgres://u:secret@db/films",
  "postgres://u:secret@db/fi\nlms",
])("%j is refused without repeating the password", (url) => {
  let thrown: unknown;
  try {
    parsePostgresUrl(url);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(ReelbenchError);
  expect(thrown).toMatchObject({ code: "RB_INVALID_INPUT" });
  expect(JSON.stringify((thrown as ReelbenchError).toEnvelope())).not.toContain("secret");
});

test.each(["redis://h:1/x", "redis://h:1/0?a=1", "postgres://h/1", "redis://", "unix:///tmp/redis.sock"])(
  "Redis: %j is refused",
  (url) => {
    expect(() => parseRedisUrl(url)).toThrow(ReelbenchError);
  },
);

test("what is shown has no password", () => {
  expect(withoutPassword("postgres://u:s%40cret@db:5432/films?sslmode=require")).toBe(
    "postgres://u:***@db:5432/films?sslmode=require",
  );
  expect(withoutPassword("rediss://:secret@cache:6380/2")).toBe("rediss://:***@cache:6380/2");
});

test("a channel's name cannot carry anything into a key or a query", () => {
  expect(parseTarget({ postgresUrl: "postgres://h/d", redisUrl: null }).channel).toBe("production");
  for (const channel of ["", "a b", "a:b", "../x", "A", "a".repeat(41)]) {
    expect(() => parseTarget({ postgresUrl: "postgres://h/d", redisUrl: null, channel })).toThrow(ReelbenchError);
  }
});
