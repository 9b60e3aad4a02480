import { describe, expect, it } from "vitest";
import type { FilmMap } from "../../../../core/contract/embedding.ts";
import { mapSearch } from "../../search-params.ts";
import { scaleColors, seriesColors, surfaces } from "../../theme/tokens.ts";
import { classesOf } from "./film-classes.ts";
import { filmsOf } from "./map-films.ts";
import { chosenFilms, insideOf, simplified } from "./map-selection.ts";
import { fit, panned, toMap, toScreen, viewForLink, viewFromLink, zoomed } from "./map-view.ts";
import { pointGrid } from "./point-grid.ts";

/** Multiples of a number that shares nothing with 1000: all over the square, the same every time. */
const spread = (count: number, step: number) => Float32Array.from({ length: count }, (_, at) => (at * step) % 1000);
const points = { x: spread(800, 387), y: spread(800, 613) };
const size = { width: 800, height: 500 };

describe("looking at a map", () => {
  const whole = fit({ x0: -2, y0: -1, x1: 2, y1: 1 }, size);

  it("shows all of it, upwards being upwards", () => {
    for (const [x, y] of [
      [-2, -1],
      [2, 1],
    ] as const) {
      const [left, top] = toScreen(whole, size, x, y);
      expect(left >= 0 && left <= size.width && top >= 0 && top <= size.height).toBe(true);
    }
    expect(toScreen(whole, size, 0, 1)[1]).toBeLessThan(toScreen(whole, size, 0, -1)[1]);
  });

  it("zooms about the pointer, moves with the hand, and stops at both ends", () => {
    const [x, y] = toMap(whole, size, 130, 420);
    const closer = zoomed(whole, size, whole, 3, 130, 420);
    const [left, top] = toScreen(closer, size, x, y);
    expect([left, top].map((value) => Math.round(value))).toEqual([130, 420]);
    const [moved] = toScreen(panned(closer, 25, -10), size, x, y);
    expect(moved).toBeCloseTo(left + 25);
    expect(zoomed(whole, size, whole, 1e9).scale).toBe(whole.scale * 400);
    expect(zoomed(whole, size, whole, 1e-9).scale).toBe(whole.scale / 2);
  });

  it("is the same again from its link, which drops what it does not understand", () => {
    const view = zoomed(whole, size, whole, 2.5, 10, 20);
    const back = viewFromLink(viewForLink(view, whole), whole);
    expect(back.x).toBeCloseTo(view.x, 3);
    expect(back.scale / view.scale).toBeCloseTo(1, 3);
    expect(
      mapSearch.parse({ run: 12, view: [1, "2", 3], lasso: "x", near: -1, colour: "smell", box: [0, 1, 2, 3] }),
    ).toEqual({
      run: "12",
      box: [0, 1, 2, 3],
    });
  });
});

describe("the film under the pointer", () => {
  it("is the nearest one that is shown, as looking at all of them finds it", () => {
    const grid = pointGrid(points.x, points.y);
    const isShown = (at: number) => at % 3 !== 0;
    for (const [x, y] of [
      [500.31, 500.74],
      [3.27, 997.13],
      [250.57, 10.19],
      [-40.21, 500.66],
    ] as const) {
      const reach = 60;
      let [best, least]: [number | null, number] = [null, reach ** 2];
      for (let at = 0; at < 800; at++) {
        const away = ((points.x[at] ?? 0) - x) ** 2 + ((points.y[at] ?? 0) - y) ** 2;
        if (isShown(at) && away < least) [best, least] = [at, away];
      }
      expect(grid.nearest(x, y, reach, isShown)).toBe(best);
    }
    expect(grid.nearest(-5000, 0, 10, () => true)).toBeNull();
    expect(pointGrid(new Float32Array(), new Float32Array()).nearest(0, 0, 1, () => true)).toBeNull();
  });
});

const page = (genres: number[][], ratings: number[], errors: (number | null)[]) => ({
  total: genres.length,
  itemIds: genres.map((_, at) => String(at + 1)),
  titles: genres.map((_, at) => (at === 0 ? null : `Film no. ${String(at)}`)),
  years: genres.map(() => null),
  genres,
  x: [...points.x.slice(0, genres.length)],
  y: [...points.y.slice(0, genres.length)],
  ratings,
  errors,
  tested: errors.map((error) => (error === null ? 0 : 3)),
});

describe("choosing films", () => {
  const films = filmsOf([
    page(
      Array.from({ length: 800 }, () => []),
      Array<number>(800).fill(1),
      Array<null>(800).fill(null),
    ),
  ]);

  it("by an outline is choosing what a circle holds, but for its corners", () => {
    const outline = Array.from({ length: 60 }, (_, at) => {
      const angle = (2 * Math.PI * at) / 60;
      return [500 + 200 * Math.cos(angle), 400 + 200 * Math.sin(angle)];
    }).flat();
    const chosen = new Set(chosenFilms(films, { kind: "lasso", outline }));
    expect(chosen.size).toBeGreaterThan(50);
    for (let at = 0; at < 800; at++) {
      const away = Math.hypot((points.x[at] ?? 0) - 500, (points.y[at] ?? 0) - 400);
      if (away < 199) expect(chosen.has(at)).toBe(true);
      if (away > 200) expect(chosen.has(at)).toBe(false);
    }
    expect(insideOf([])(1, 1)).toBe(false);
  });

  it("by a box takes its corners in any order, and by nearness begins with the film itself", () => {
    const box = chosenFilms(films, { kind: "box", box: [300, 900, 100, 700] });
    const expected = [...points.x.keys()].filter((at) => {
      const [x, y] = [points.x[at] ?? 0, points.y[at] ?? 0];
      return x >= 100 && x <= 300 && y >= 700 && y <= 900;
    });
    expect(box).toEqual(expected);
    const near = chosenFilms(films, { kind: "near", film: 7, count: 12 });
    expect(near).toHaveLength(13);
    expect(near[0]).toBe(7);
  });

  it("keeps an outline short enough for a link", () => {
    const long = Array.from({ length: 4001 * 2 }, (_, at) => Math.sin(at) * 1000);
    expect(simplified(long).length).toBeLessThanOrEqual(122);
    expect(simplified([0, 0, 1, 1, 2, 0])).toEqual([0, 0, 1, 1, 2, 0]);
  });
});

describe("colours", () => {
  const map = {
    genres: [
      { genre: "Drama", films: 3 },
      { genre: "Comedy", films: 2 },
    ],
    error: { measure: "mae", ratings: 9, users: 3, allUsers: 3 },
  } as unknown as FilmMap;
  const films = filmsOf([page([[1, 0], [0], [0], [], [1]], [1000, 100, 10, 1, 1], [0.5, 0.7, null, 1.2, 0.9])]);
  const told = (colour: "genre" | "popularity" | "error") => {
    const { classes, of } = classesOf(films, map, colour);
    expect(classes.map((_, at) => of.filter((place) => place === at).length)).toEqual(
      classes.map(({ films: count }) => count),
    );
    return Array.from(of, (place) => classes[place]?.label);
  };

  it("tell genres by the first named, and films without apart", () => {
    expect(told("genre")).toEqual(["Comedy", "Drama", "Drama", "No genre", "Comedy"]);
  });

  it("tell numbers of ratings by their logarithm, and what was not tested apart", () => {
    const labels = told("popularity");
    expect(new Set(labels).size).toBe(4);
    expect(labels[3]).toBe(labels[4]);
    expect(told("error")[2]).toBe("Nothing held out");
    expect(films.titles[0]).toBe("Film 1");
  });

  it("stand out from both themes' surfaces, 3:1 at least, and steps of a scale go one way in lightness", () => {
    const lightness = (color: string) => {
      const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
        const share = parseInt(color.slice(at, at + 2), 16) / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    for (const scheme of ["light", "dark"] as const) {
      const surface = lightness(surfaces[scheme]["--rb-surface"]);
      const contrast = (color: string) => {
        const [low = 0, high = 0] = [lightness(color), surface].sort((a, b) => a - b);
        return (high + 0.05) / (low + 0.05);
      };
      for (const color of [...scaleColors[scheme], ...seriesColors[scheme], surfaces[scheme]["--rb-point-muted"]])
        expect(contrast(color), `${scheme} ${color}`).toBeGreaterThanOrEqual(3);
      const steps = scaleColors[scheme].map(contrast);
      expect(steps).toEqual([...steps].sort((a, b) => a - b));
    }
  });
});
