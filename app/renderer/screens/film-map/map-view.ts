/** What is seen of a map: its point in the middle, and pixels for each unit. */
export interface MapView {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Box {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

const padding = 24;
const closest = 400;

export function boxOf(x: Float32Array, y: Float32Array): Box {
  const box = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
  for (let at = 0; at < x.length; at++) {
    box.x0 = Math.min(box.x0, x[at] ?? 0);
    box.x1 = Math.max(box.x1, x[at] ?? 0);
    box.y0 = Math.min(box.y0, y[at] ?? 0);
    box.y1 = Math.max(box.y1, y[at] ?? 0);
  }
  return x.length === 0 ? { x0: 0, y0: 0, x1: 1, y1: 1 } : box;
}

/** All of the box, both axes on the same scale: distances mean something here. */
export function fit({ x0, y0, x1, y1 }: Box, { width, height }: Size): MapView {
  const scale = Math.min(
    Math.max(1, width - 2 * padding) / Math.max(x1 - x0, 1e-9),
    Math.max(1, height - 2 * padding) / Math.max(y1 - y0, 1e-9),
  );
  return { x: (x0 + x1) / 2, y: (y0 + y1) / 2, scale };
}

/** Upwards on the map is upwards on the screen. */
export const toScreen = (view: MapView, { width, height }: Size, x: number, y: number): readonly [number, number] => [
  width / 2 + (x - view.x) * view.scale,
  height / 2 - (y - view.y) * view.scale,
];

export const toMap = (view: MapView, { width, height }: Size, left: number, top: number): readonly [number, number] => [
  view.x + (left - width / 2) / view.scale,
  view.y - (top - height / 2) / view.scale,
];

export const panned = (view: MapView, right: number, down: number): MapView => ({
  ...view,
  x: view.x - right / view.scale,
  y: view.y + down / view.scale,
});

/** `factor` times closer, with what lies under (left, top) staying there. Never farther than half of `whole`, never closer than 400 times. */
export function zoomed(
  view: MapView,
  size: Size,
  whole: MapView,
  factor: number,
  left: number = size.width / 2,
  top: number = size.height / 2,
): MapView {
  const scale = Math.min(whole.scale * closest, Math.max(whole.scale / 2, view.scale * factor));
  const [x, y] = toMap(view, size, left, top);
  return { x: x - (left - size.width / 2) / scale, y: y + (top - size.height / 2) / scale, scale };
}

/** For a link: the middle, and how many times closer than the whole; a window of any size shows about the same. */
export function viewForLink(view: MapView, whole: MapView): readonly [number, number, number] {
  const short = (value: number) => Number(value.toPrecision(5));
  return [short(view.x), short(view.y), short(view.scale / whole.scale)];
}
export const viewFromLink = ([x, y, zoom]: readonly [number, number, number], whole: MapView): MapView => ({
  x,
  y,
  scale: whole.scale * Math.min(closest, Math.max(0.5, zoom)),
});
