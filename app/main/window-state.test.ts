import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { readWindowState, restoreBounds, smallestWindow, usualWindow, writeWindowState } from "./window-state.ts";

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

describe("the file that keeps it", () => {
  const folder = mkdtempSync(join(tmpdir(), "reelbench-window-"));
  const file = join(folder, "deep", "window-state.json");
  afterEach(() => rmSync(join(folder, "deep"), { recursive: true, force: true }));

  it("gives back what was kept", () => {
    const state = { bounds: { x: 1, y: 2, width: 1000, height: 700 }, maximized: true };
    writeWindowState(file, state);
    expect(readWindowState(file)).toEqual(state);
  });

  it.each([
    "",
    "{",
    "[]",
    "null",
    `{"bounds":{"x":0,"y":0,"width":-5,"height":1},"maximized":false}`,
    `{"bounds":{"x":1e400}}`,
  ])("is ignored when it holds %j", (text) => {
    writeWindowState(file, { bounds: { x: 0, y: 0, width: 1, height: 1 }, maximized: false });
    writeFileSync(file, text);
    expect(readWindowState(file)).toBeNull();
  });

  it("may be missing", () => {
    expect(readWindowState(file)).toBeNull();
  });
});
