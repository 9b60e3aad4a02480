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
      return within(films, insideOf(selection.outline));
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

const rows = 64;

/**
 * Whether a ray from a point to the right crosses the outline an odd number of times. Of the outline's edges only those are looked
 * at that come through the point's row: a handful of the sixty that a lasso has.
 */
export function insideOf(outline: readonly number[]): (x: number, y: number) => boolean {
  let [low, high] = [Infinity, -Infinity];
  for (let at = 1; at < outline.length; at += 2) {
    low = Math.min(low, outline[at] ?? 0);
    high = Math.max(high, outline[at] ?? 0);
  }
  const rowOf = (y: number) => Math.max(0, Math.min(rows - 1, Math.floor((rows * (y - low)) / (high - low || 1))));
  const edges = Array.from({ length: rows }, () => new Array<number>());
  for (let at = 0, before = outline.length - 2; at < outline.length; before = at, at += 2) {
    const edge = [outline[before] ?? 0, outline[before + 1] ?? 0, outline[at] ?? 0, outline[at + 1] ?? 0] as const;
    const last = rowOf(Math.max(edge[1], edge[3]));
    for (let row = rowOf(Math.min(edge[1], edge[3])); row <= last; row++) edges[row]?.push(...edge);
  }
  return (x, y) => {
    if (!(y >= low && y <= high)) return false;
    const near = edges[rowOf(y)] ?? [];
    let inside = false;
    for (let at = 0; at < near.length; at += 4) {
      const [x1, y1, x2, y2] = [near[at] ?? 0, near[at + 1] ?? 0, near[at + 2] ?? 0, near[at + 3] ?? 0];
      if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) inside = !inside;
    }
    return inside;
  };
}

function nearestTo({ x, y }: MapFilms, film: number, count: number): number[] {
  const [fromX, fromY] = [x[film] ?? 0, y[film] ?? 0];
  const away = new Float64Array(x.length);
  for (let at = 0; at < away.length; at++) away[at] = ((x[at] ?? 0) - fromX) ** 2 + ((y[at] ?? 0) - fromY) ** 2;
  // Numbers alone are sorted in a few milliseconds; the films only where they are near enough.
  const farthest = away.slice().sort()[Math.min(count, away.length - 1)] ?? 0;
  const near: number[] = [];
  for (let at = 0; at < away.length; at++) if (at !== film && (away[at] ?? 0) <= farthest) near.push(at);
  return [film, ...near.sort((a, b) => (away[a] ?? 0) - (away[b] ?? 0) || a - b).slice(0, count)];
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
