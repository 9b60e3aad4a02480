import { expect, it } from "vitest";
import { ratingsAndTitles } from "./split-dropped.ts";

it("takes the file that is named after films for the titles", () => {
  expect(ratingsAndTitles(["/d/u.item", "/d/u.data"])).toEqual({ ratings: "/d/u.data", titles: "/d/u.item" });
  expect(ratingsAndTitles(["/d/ratings.csv", "/d/movies.csv"])).toEqual({
    ratings: "/d/ratings.csv",
    titles: "/d/movies.csv",
  });
});

it("takes a single file for ratings whatever its name", () => {
  expect(ratingsAndTitles(["/d/movies.csv"])).toEqual({ ratings: "/d/movies.csv", titles: undefined });
});

it("leaves the first where no name says anything", () => {
  expect(ratingsAndTitles(["/movies/a.csv", "/movies/b.csv"])).toEqual({ ratings: "/movies/a.csv", titles: undefined });
});
