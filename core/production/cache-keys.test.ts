import fc from "fast-check";
import { expect, test } from "vitest";
import { feedbackEpochKey, rankingKey, rankingPattern, rateLimitKey } from "./cache-keys.ts";
import type { CacheUser } from "./cache-keys.ts";

// Ids are whatever the data holds: separators, braces and stars of the keys themselves above all.
const awkward = fc.oneof(
  fc.stringMatching(/^[:{}*?[\]\\%/a-c0 ]{1,12}$/),
  fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" }),
  fc.constantFrom("data:u", "u:0:{data:u}", "v:1:ranking:0:{data:u}", "%7Bdata%3Au%7D", "{", "}", "*"),
);
const user: fc.Arbitrary<CacheUser> = fc.record({
  namespace: fc.constantFrom("data", "account"),
  userId: awkward,
});
// As `versions.ts` and the configuration allow them.
const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,11}$/);
const whose = fc.record({ channel: name, version: name, user, epoch: fc.nat(20) });

const keyOf = (each: { channel: string; version: string; user: CacheUser; epoch: number }) =>
  rankingKey(each.channel, each.version, each.user, each.epoch);

/** Redis' own matching (util.c, stringmatchlen), as far as these patterns go: `*` and what a backslash makes literal. */
function redisMatches(pattern: string, text: string): boolean {
  const parts = pattern.match(/\\.|\*|[^\\*]/gsu) ?? [];
  const source = parts.map((part) =>
    part === "*"
      ? ".*"
      : (part.length > 1 && part.startsWith("\\") ? part.slice(1) : part).replaceAll(
          /[^\w]/gu,
          (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`,
        ),
  );
  return new RegExp(`^${source.join("")}$`, "su").test(text);
}

test("two rankings share a key only when channel, version, user and epoch are the same", () => {
  fc.assert(
    fc.property(whose, whose, (one, other) => {
      const same = JSON.stringify(one) === JSON.stringify(other);
      expect(keyOf(one) === keyOf(other)).toBe(same);
    }),
    { numRuns: 500 },
  );
});

test("a change of one thing alone is another key", () => {
  fc.assert(
    fc.property(whose, awkward, name, (each, otherId, otherName) => {
      const key = keyOf(each);
      if (otherId !== each.user.userId)
        expect(keyOf({ ...each, user: { ...each.user, userId: otherId } })).not.toBe(key);
      if (otherName !== each.version) expect(keyOf({ ...each, version: otherName })).not.toBe(key);
      if (otherName !== each.channel) expect(keyOf({ ...each, channel: otherName })).not.toBe(key);
      expect(keyOf({ ...each, epoch: each.epoch + 1 })).not.toBe(key);
      const namespace = each.user.namespace === "data" ? "account" : "data";
      expect(keyOf({ ...each, user: { ...each.user, namespace } })).not.toBe(key);
    }),
  );
});

test("all of a user's keys lie in one hash slot, and only the braces around the user make it", () => {
  const tagOf = (key: string) => key.slice(key.indexOf("{") + 1, key.indexOf("}", key.indexOf("{")));
  fc.assert(
    fc.property(whose, (each) => {
      const tag = tagOf(keyOf(each));
      expect(tag).toBe(tagOf(feedbackEpochKey(each.channel, each.user)));
      expect(tag).toContain(each.user.namespace);
      expect(keyOf(each).match(/[{}]/g)).toEqual(["{", "}"]);
    }),
  );
});

test("a pattern finds the rankings it names and no others", () => {
  fc.assert(
    fc.property(whose, whose, fc.boolean(), fc.boolean(), (wanted, found, byVersion, byUser) => {
      const pattern = rankingPattern(wanted.channel, {
        ...(byVersion ? { version: wanted.version } : {}),
        ...(byUser ? { userId: wanted.user.userId } : {}),
      });
      const meant =
        wanted.channel === found.channel &&
        (!byVersion || wanted.version === found.version) &&
        (!byUser || (found.user.namespace === "data" && found.user.userId === wanted.user.userId));
      expect(redisMatches(pattern, keyOf(found))).toBe(meant);
      const own = { ...wanted, user: { ...wanted.user, namespace: "data" as const } };
      expect(redisMatches(pattern, keyOf(own))).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test("what a key and what an address used up are counted apart", () => {
  fc.assert(
    fc.property(name, awkward, awkward, (channel, one, other) => {
      expect(rateLimitKey(channel, "key", one)).not.toBe(rateLimitKey(channel, "address", one));
      expect(rateLimitKey(channel, "key", one) === rateLimitKey(channel, "key", other)).toBe(one === other);
    }),
  );
});
