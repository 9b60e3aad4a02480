import { expect, it } from "vitest";
import { filesNotRead } from "./files-not-read.ts";

const folder = [
  "ratings.csv",
  "movies.csv",
  "tags.csv",
  "links.csv",
  "README.txt",
  "users.dat",
  "genome-scores.csv",
].map((name) => ({ name, path: `/data/${name}`, kind: "file" as const, bytes: 1 }));

it("names what belongs to the data set and is left out of the import, and nothing else", () => {
  expect(filesNotRead(folder, new Set(["/data/ratings.csv", "/data/movies.csv"]))).toEqual([
    "tags.csv",
    "links.csv",
    "users.dat",
    "genome-scores.csv",
  ]);
  expect(filesNotRead(folder, new Set(["/data/users.dat"]))).not.toContain("users.dat");
});
