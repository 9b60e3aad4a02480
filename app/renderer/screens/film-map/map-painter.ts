import type { FilmClasses } from "./film-classes.ts";
import type { MapFilms } from "./map-films.ts";
import { toScreen } from "./map-view.ts";
import type { MapView, Size } from "./map-view.ts";
import { disc, emptyRaster, stamp } from "./point-raster.ts";
import type { Disc, Raster } from "./point-raster.ts";

/** What is painted, but for where it is looked at from. */
export interface MapScene {
  readonly films: MapFilms;
  readonly of: FilmClasses["of"];
  /** One a class, as the style sheet has it; null: hidden. */
  readonly colors: readonly (string | null)[];
  /** [films] 1 where chosen; null: nothing is, and nothing stands back. */
  readonly chosen: Uint8Array | null;
}

export interface MapPainter {
  show(scene: MapScene, view: MapView, size: Size): void;
  stop(): void;
}

interface Wanted {
  readonly scene: MapScene;
  readonly view: MapView;
  readonly size: Size;
}

interface Picture extends Wanted {
  readonly canvas: HTMLCanvasElement;
}

interface Work extends Wanted {
  readonly raster: Raster;
  readonly sprites: readonly Sprites[];
  /** Films still to be painted: from the last, so that the most rated lie on top. Those that stand back come first of all. */
  left: number;
  back: boolean;
}

type Sprites = { readonly usual: Disc; readonly faint: Disc } | null;

/** Milliseconds of painting between two frames: the rest of a frame belongs to the person. */
const patience = 7;
const pointsPerLook = 500;

/**
 * Paints tens of thousands of points in slices behind the scenes. Until a new picture is whole the last one is shown, moved and
 * stretched to where it is looked at from now, so that a drag never waits.
 */
export function createMapPainter(canvas: HTMLCanvasElement): MapPainter {
  const visible = canvas.getContext("2d");
  let wanted: Wanted | null = null;
  let picture: Picture | null = null;
  let work: Work | null = null;
  let frame = 0;

  function tick(): void {
    frame = 0;
    if (wanted === null || visible === null) return;
    if (work === null && !isOf(picture, wanted)) work = begin(wanted);
    if (work !== null && paintSome(work)) {
      picture = finished(work);
      work = null;
    }
    compose(visible, canvas, picture, wanted);
    if (work !== null || !isOf(picture, wanted)) frame = requestAnimationFrame(tick);
  }

  return {
    show(scene, view, size) {
      // A picture of another scene is of no use any more; one from another place is worth finishing.
      if (work !== null && work.scene !== scene) work = null;
      wanted = { scene, view, size };
      if (frame === 0) frame = requestAnimationFrame(tick);
    },
    stop() {
      cancelAnimationFrame(frame);
      frame = 0;
      wanted = null;
    },
  };
}

function isOf(picture: Picture | null, { scene, view, size }: Wanted): boolean {
  return (
    picture !== null &&
    picture.scene === scene &&
    picture.size.width === size.width &&
    picture.size.height === size.height &&
    picture.view.x === view.x &&
    picture.view.y === view.y &&
    picture.view.scale === view.scale
  );
}

const density = () => Math.min(2, window.devicePixelRatio || 1);

/** Pixels. Fewer films, and fewer of them in sight, leave room for larger points. */
export function pointRadius(films: number, zoom: number): number {
  const usual = films < 1500 ? 4 : films < 8000 ? 3 : films < 25_000 ? 2.2 : 1.6;
  return Math.min(6, usual * (1 + 0.3 * Math.log2(Math.max(1, zoom))));
}

function begin(wanted: Wanted): Work {
  const ratio = density();
  const { scene, view, size } = wanted;
  const radius = pointRadius(scene.films.count, zoomOf(scene.films, view, size)) * ratio;
  return {
    ...wanted,
    raster: emptyRaster(size.width * ratio, size.height * ratio),
    sprites: scene.colors.map((color) =>
      color === null ? null : { usual: disc(color, radius, 0.85), faint: disc(color, radius, 0.16) },
    ),
    left: scene.films.count,
    back: scene.chosen !== null,
  };
}

function finished({ scene, view, size, raster }: Work): Picture {
  const canvas = document.createElement("canvas");
  canvas.width = raster.width;
  canvas.height = raster.height;
  canvas.getContext("2d")?.putImageData(new ImageData(raster.data, raster.width, raster.height), 0, 0);
  return { scene, view, size, canvas };
}

/** How many times closer than a map that fills the window. */
function zoomOf({ x }: MapFilms, { scale }: MapView, { width }: Size): number {
  let [low, high] = [Infinity, -Infinity];
  // Every tenth is enough to know how wide the map is.
  for (let at = 0; at < x.length; at += 10) {
    low = Math.min(low, x[at] ?? 0);
    high = Math.max(high, x[at] ?? 0);
  }
  return high > low ? ((high - low) * scale) / Math.max(1, width) : 1;
}

/** True when the picture is whole. */
function paintSome(work: Work): boolean {
  const until = performance.now() + patience;
  const { scene, view, size, raster, sprites } = work;
  const { films, of, chosen } = scene;
  const ratio = density();
  for (;;) {
    const to = Math.max(0, work.left - pointsPerLook);
    for (let at = work.left - 1; at >= to; at--) {
      const sprite = sprites[of[at] ?? 0];
      if (sprite == null) continue;
      const isChosen = chosen === null || chosen[at] === 1;
      if (isChosen === work.back) continue;
      const image = isChosen ? sprite.usual : sprite.faint;
      const [left, top] = toScreen(view, size, films.x[at] ?? 0, films.y[at] ?? 0);
      if (left < -8 || top < -8 || left > size.width + 8 || top > size.height + 8) continue;
      stamp(raster, image, left * ratio, top * ratio);
    }
    work.left = to;
    if (to === 0) {
      if (!work.back) return true;
      work.back = false;
      work.left = films.count;
    }
    if (performance.now() > until) return false;
  }
}

function compose(
  context: CanvasRenderingContext2D,
  canvas: HTMLCanvasElement,
  picture: Picture | null,
  { view, size }: Wanted,
): void {
  const ratio = density();
  const [width, height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  context.clearRect(0, 0, width, height);
  if (picture === null) return;
  const stretch = view.scale / picture.view.scale;
  const [left, top] = toScreen(view, size, picture.view.x, picture.view.y);
  const [wide, tall] = [picture.size.width * stretch, picture.size.height * stretch];
  context.drawImage(picture.canvas, (left - wide / 2) * ratio, (top - tall / 2) * ratio, wide * ratio, tall * ratio);
}
