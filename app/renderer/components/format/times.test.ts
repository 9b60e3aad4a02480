import { expect, it } from "vitest";
import { formatAgo, formatDataDate, formatSeconds } from "./times.ts";

it("writes elapsed time as a person says it", () => {
  expect(formatSeconds(0.42)).toBe("0.42 s");
  expect(formatSeconds(59.7)).toBe("1 min 00 s");
  expect(formatSeconds(185)).toBe("3 min 05 s");
  expect(formatSeconds(7800)).toBe("2 h 10 min");
});

it("keeps the data's dates in UTC whatever the machine's zone", () => {
  expect(formatDataDate("1997-09-20T23:59:59Z")).toBe("20 Sept 1997");
});

it("says how long ago", () => {
  const now = Date.parse("2026-01-01T12:00:00Z");
  expect(formatAgo("2026-01-01T11:59:40Z", now)).toBe("just now");
  expect(formatAgo("2026-01-01T11:56:00Z", now)).toBe("4 min ago");
  expect(formatAgo("2026-01-01T09:00:00Z", now)).toBe("3 h ago");
});
