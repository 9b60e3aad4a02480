import { pointRadius } from "./map-painter.ts";
import type { MapScene } from "./map-painter.ts";
import { toScreen } from "./map-view.ts";
import type { MapView, Size } from "./map-view.ts";

interface MapDrawing {
  readonly scene: MapScene;
  readonly view: MapView;
  readonly whole: MapView;
  readonly size: Size;
  readonly background: string;
  readonly text: string;
  /** Under the map: which run, which method. */
  readonly caption: string;
  readonly legend: readonly { readonly label: string; readonly color: string }[];
}

const captionHeight = 26;
const legendWidth = 190;

/** What is seen of the map as a file of its own, its legend beside it. One path a colour: 60,000 films are a few hundred kB. */
export function mapSvg({ scene, view, whole, size, background, text, caption, legend }: MapDrawing): {
  readonly text: string;
  readonly width: number;
  readonly height: number;
} {
  const width = Math.round(size.width) + legendWidth;
  const height = Math.round(size.height) + captionHeight;
  const radius = pointRadius(scene.films.count, view.scale / whole.scale);
  const paths = scene.colors.flatMap((color, place) => {
    if (color === null) return [];
    return [true, false].flatMap((chosen) => {
      const dots = dotsOf(scene, view, size, place, chosen);
      const opacity = chosen || scene.chosen === null ? 0.85 : 0.16;
      return dots === ""
        ? []
        : [
            `<path d="${dots}" stroke="${color}" stroke-opacity="${String(opacity)}" stroke-width="${String(2 * radius)}" stroke-linecap="round" fill="none"/>`,
          ];
    });
  });
  const words = legend.map(({ label, color }, at) => {
    const top = 20 + at * 18;
    return (
      `<circle cx="${String(width - legendWidth + 14)}" cy="${String(top - 4)}" r="5" fill="${color}"/>` +
      `<text x="${String(width - legendWidth + 26)}" y="${String(top)}">${escaped(label)}</text>`
    );
  });
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${String(width)}" height="${String(height)}" viewBox="0 0 ${String(width)} ${String(height)}">` +
    `<title>${escaped(caption)}</title><rect width="100%" height="100%" fill="${background}"/>` +
    `<svg width="${String(Math.round(size.width))}" height="${String(Math.round(size.height))}">${paths.join("")}</svg>` +
    `<g font-family="system-ui, sans-serif" font-size="12" fill="${text}">${words.join("")}` +
    `<text x="8" y="${String(height - 9)}">${escaped(caption)}</text></g></svg>`;
  return { text: svg, width, height };
}

function dotsOf({ films, of, chosen }: MapScene, view: MapView, size: Size, place: number, isChosen: boolean): string {
  let dots = "";
  for (let at = films.count - 1; at >= 0; at--) {
    if (of[at] !== place || (chosen === null || chosen[at] === 1) !== isChosen) continue;
    const [left, top] = toScreen(view, size, films.x[at] ?? 0, films.y[at] ?? 0);
    if (left < -8 || top < -8 || left > size.width + 8 || top > size.height + 8) continue;
    dots += `M${left.toFixed(1)} ${top.toFixed(1)}h0`;
  }
  return dots;
}

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string) => text.replace(/[&<>"]/g, (character) => escapes[character] ?? character);
