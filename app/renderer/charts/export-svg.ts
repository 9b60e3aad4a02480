/** What a drawing takes from the page's style sheets and needs to carry along. */
const carried = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-opacity",
  "opacity",
  "font-family",
  "font-size",
  "font-weight",
  "text-anchor",
] as const;

interface Surroundings {
  /** A colour: the background that the drawing was seen on. */
  readonly background: string;
  readonly title: string;
  /** What stands in the legend, which is no part of the drawing. */
  readonly legend: readonly { readonly label: string; readonly color: string }[];
}

export interface StandaloneDrawing {
  readonly text: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

const above = 28;
const legendLine = 20;

/** A chart's drawing as a file of its own: styles resolved, its title above it and the legend below. */
export function standaloneSvg(drawing: SVGSVGElement, { background, title, legend }: Surroundings): StandaloneDrawing {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  const box = drawing.getBoundingClientRect();
  const width = Math.round(box.width);
  const drawn = Math.round(box.height);
  const originals = [drawing, ...drawing.querySelectorAll("*")];
  const copies = [copy, ...copy.querySelectorAll("*")];
  originals.forEach((original, index) => {
    const style = getComputedStyle(original);
    const target = copies[index];
    if (target === undefined) return;
    for (const property of carried) target.setAttribute(property, style.getPropertyValue(property));
    target.removeAttribute("class");
    target.removeAttribute("style");
  });
  const look = getComputedStyle(document.body);
  const write = (text: string, at: { readonly x: number; readonly y: number; readonly size: number }) =>
    element(
      "text",
      {
        x: at.x,
        y: at.y,
        fill: look.color,
        "font-family": look.fontFamily,
        "font-size": at.size,
        ...(at.size > 12 ? { "font-weight": 600 } : {}),
      },
      text,
    );
  const placed = legendPlaces(legend, width);
  const height = above + drawn + (placed.at(-1)?.y ?? -legendLine) + legendLine + (legend.length > 0 ? 6 : 0);
  const file = element("svg", {
    xmlns: svgNamespace,
    width,
    height,
    viewBox: `0 0 ${String(width)} ${String(height)}`,
  });
  file.append(element("rect", { width: "100%", height: "100%", fill: background }));
  file.append(write(title, { x: 8, y: 18, size: 14 }));
  const shifted = element("g", { transform: `translate(0 ${String(above)})` });
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(drawn));
  shifted.append(copy);
  file.append(shifted);
  for (const { label, color, x, y } of placed) {
    const line = above + drawn + y + legendLine / 2;
    file.append(element("rect", { x, y: line - 1.5, width: 14, height: 3, fill: color }));
    file.append(write(label, { x: x + 20, y: line + 4, size: 12 }));
  }
  return { text: new XMLSerializer().serializeToString(file), width, height };
}

const svgNamespace = "http://www.w3.org/2000/svg";

function element(name: string, attributes: Readonly<Record<string, string | number>>, text = ""): SVGElement {
  const made = document.createElementNS(svgNamespace, name);
  for (const [attribute, value] of Object.entries(attributes))
    if (attribute !== "xmlns") made.setAttribute(attribute, String(value));
  if (text !== "") made.textContent = text;
  return made;
}

/** One after the other in lines, from the left; `x`, `y` from the drawing's lower left corner. */
export function legendPlaces<T extends { readonly label: string }>(legend: readonly T[], width: number) {
  const left = 60;
  let [x, y] = [left, 0];
  return legend.map((entry) => {
    const needed = 20 + entry.label.length * 6.6 + 16;
    if (x > left && x + needed > width) [x, y] = [left, y + legendLine];
    const place = { ...entry, x, y };
    x += needed;
    return place;
  });
}

/** The same drawing as pixels, at twice its size on screen. Rejects when the browser cannot draw it. */
export function pngOf(svg: string, width: number, height: number): Promise<Blob> {
  const scale = 2;
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onerror = () => reject(new Error("The browser could not draw the chart."));
    image.onload = () => {
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      const context = canvas.getContext("2d");
      context?.drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob(
        (blob) => (blob === null ? reject(new Error("The browser could not write the picture.")) : resolve(blob)),
        "image/png",
      );
    };
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  });
}
