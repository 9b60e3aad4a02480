import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { readWindows, restoreBounds, smallestWindow, usualWindow, writeWindows } from "./window-state.ts";

const laptop = { x: 0, y: 25, width: 1440, height: 875 };
const left = (bounds: { x: number; y: number; width: number; height: number }) => ({ bounds, maximized: false });

describe("where a window opens", () => {
  it("is its usual place the first time", () => {
    expect(restoreBounds(null, [laptop])).toEqual(usualWindow);
  });

  it("is where it was left", () => {
    const bounds = { x: 100, y: 80, width: 1200, height: 700 };
    expect(restoreBounds(left(bounds), [laptop])).toEqual(bounds);
  });

  it("is a second screen only while there is one", () => {
    const bounds = { x: 1600, y: 100, width: 1200, height: 700 };
    const second = { x: 1440, y: 0, width: 1920, height: 1080 };
    expect(restoreBounds(left(bounds), [laptop, second])).toEqual(bounds);
    expect(restoreBounds(left(bounds), [laptop])).toEqual({ width: 1200, height: 700 });
  });

  it("always leaves the title bar within reach", () => {
    for (const bounds of [
      { x: -1150, y: 50, width: 1200, height: 700 },
      { x: 1400, y: 50, width: 1200, height: 700 },
      { x: 100, y: -400, width: 1200, height: 700 },
      { x: 100, y: 880, width: 1200, height: 700 },
    ]) {
      expect(restoreBounds(left(bounds), [laptop])).not.toHaveProperty("x");
    }
  });

  it("fits the screen and never shrinks below what can be used", () => {
    const huge = restoreBounds(left({ x: 0, y: 25, width: 5000, height: 4000 }), [laptop]);
    expect(huge).toMatchObject({ width: laptop.width, height: laptop.height });
    const tiny = restoreBounds(left({ x: 0, y: 25, width: 200, height: 100 }), [laptop]);
    expect(tiny).toMatchObject(smallestWindow);
  });
});

describe("the file that keeps them", () => {
  const folder = mkdtempSync(join(tmpdir(), "reelbench-window-"));
  const file = join(folder, "deep", "windows.json");
  afterEach(() => rmSync(join(folder, "deep"), { recursive: true, force: true }));
  const kept = { bounds: { x: 1, y: 2, width: 1000, height: 700 }, maximized: true, view: "/compare?run=a" };

  it("gives back what was kept", () => {
    writeWindows(file, [kept, { ...kept, view: "/train" }]);
    expect(readWindows(file).map(({ view }) => view)).toEqual(["/compare?run=a", "/train"]);
    expect(readWindows(file)[0]).toEqual(kept);
  });

  it("opens nothing that is no view of ours", () => {
    writeWindows(file, [{ ...kept, view: "//evil.example/" }]);
    expect(readWindows(file)[0]?.view).toBe("/");
  });

  it.each([
    "",
    "{",
    "[]",
    "null",
    `{"windows":[{"bounds":{"x":0,"y":0,"width":-5,"height":1},"maximized":false,"view":"/"}]}`,
    `{"windows":[{"bounds":{"x":1e400}}]}`,
  ])("is ignored when it holds %j", (text) => {
    writeWindows(file, [kept]);
    writeFileSync(file, text);
    expect(readWindows(file)).toEqual([]);
  });

  it("may be missing", () => {
    expect(readWindows(file)).toEqual([]);
  });
});
