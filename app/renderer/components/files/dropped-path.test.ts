import { describe, expect, it } from "vitest";
import { droppedPaths } from "./dropped-path.ts";

const drop = (data: Readonly<Record<string, string>>, files: readonly unknown[] = []) => ({
  files,
  getData: (type: string) => data[type] ?? "",
});
const desktop = {
  pathOfFile: (file: unknown) => (file === "a page's own" ? null : `/data/${String(file)}`),
};

describe("the paths of a drop", () => {
  it("are the desktop's for files, each once", () => {
    const dropped = drop({ "text/uri-list": "file:///data/u.data" }, ["u.data", "u.item"]);
    expect(droppedPaths(dropped, desktop)).toEqual(["/data/u.data", "/data/u.item"]);
  });
  it("are none for what lies nowhere", () => {
    expect(droppedPaths(drop({}, ["a page's own"]), desktop)).toEqual([]);
    expect(droppedPaths(drop({ "text/plain": "hello" }, ["u.data"]), null)).toEqual([]);
  });
  it("are read from addresses and from text", () => {
    expect(droppedPaths(drop({ "text/uri-list": "file:///a/my%20ratings.csv\r\nhttps://x.org/" }), null)).toEqual([
      "/a/my ratings.csv",
    ]);
    expect(droppedPaths(drop({ "text/uri-list": "file:///C:/data/u.data" }), null)).toEqual(["C:/data/u.data"]);
    expect(droppedPaths(drop({ "text/plain": "C:\\data\\u.data" }), null)).toEqual(["C:\\data\\u.data"]);
  });
});
