import type { MapFilms } from "./map-films.ts";

/** How films were chosen, as a link carries it: the films follow from the map. */
export type MapSelection =
  /** x, y, x, y, … of a polygon. */
  | { readonly kind: "lasso"; readonly outline: readonly number[] }
  | { readonly kind: "box"; readonly box: readonly [x0: number, y0: number, x1: number, y1: number] }
  /** So many nearest to a film on the map, and the film itself. */
  | { readonly kind: "near"; readonly film: number; readonly count: number };

/** Places of the chosen films, the most rated first (`near`: the nearest first). */
export function chosenFilms(films: MapFilms, selection: MapSelection | null): readonly number[] {
  if (selection === null) return [];
  switch (selection.kind) {
    case "lasso":
      return within(films, (x, y) => isInside(selection.outline, x, y));
    case "box": {
      const [x0, y0, x1, y1] = selection.box;
      const [left, right, bottom, top] = [Math.min(x0, x1), Math.max(x0, x1), Math.min(y0, y1), Math.max(y0, y1)];
      return within(films, (x, y) => x >= left && x <= right && y >= bottom && y <= top);
    }
    case "near":
      return nearestTo(films, selection.film, selection.count);
  }
}

function within({ x, y }: MapFilms, holds: (x: number, y: number) => boolean): number[] {
  const chosen: number[] = [];
  for (let at = 0; at < x.length; at++) if (holds(x[at] ?? 0, y[at] ?? 0)) chosen.push(at);
  return chosen;
}

/** Whether a ray from the point to the right crosses the outline an odd number of times. */
export function isInside(outline: readonly number[], x: number, y: number): boolean {
  let inside = false;
  for (let at = 0, before = outline.length - 2; at < outline.length; before = at, at += 2) {
    const [x1 = 0, y1 = 0] = [outline[before], outline[before + 1]];
    const [x2 = 0, y2 = 0] = [outline[at], outline[at + 1]];
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) inside = !inside;
  }
  return inside;
}

function nearestTo({ x, y }: MapFilms, film: number, count: number): number[] {
  const away = Float64Array.from(x, (value, at) => Math.hypot(value - (x[film] ?? 0), (y[at] ?? 0) - (y[film] ?? 0)));
  const order = Array.from(away.keys()).sort((a, b) => (away[a] ?? 0) - (away[b] ?? 0) || a - b);
  return [film, ...order.filter((at) => at !== film).slice(0, count)];
}

const mostCorners = 60;

/** An outline as a hand draws it, with few enough corners for a link and numbers of four digits. */
export function simplified(outline: readonly number[]): number[] {
  const corners = outline.length / 2;
  const step = Math.max(1, corners / mostCorners);
  const kept: number[] = [];
  for (let at = 0; at < corners; at += step) {
    const corner = 2 * Math.floor(at);
    kept.push(Number((outline[corner] ?? 0).toPrecision(4)), Number((outline[corner + 1] ?? 0).toPrecision(4)));
  }
  return kept;
}
