/**
 * Points painted into plain pixels. Tens of thousands of calls of a canvas are only noted down when they are made, and all carried
 * out at once later, in a task that nothing interrupts; pixels are done when they are written.
 */
export interface Raster {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue, opacity of each pixel, row by row. */
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/** A round point, worked out once and then stamped. */
export interface Disc {
  readonly half: number;
  readonly color: readonly [red: number, green: number, blue: number];
  /** Opacity of its pixels, row by row, 0 … 1. */
  readonly opacity: Float32Array;
}

export function emptyRaster(width: number, height: number): Raster {
  const [wide, tall] = [Math.max(1, Math.round(width)), Math.max(1, Math.round(height))];
  return { width: wide, height: tall, data: new Uint8ClampedArray(wide * tall * 4) };
}

/** `color`: #rrggbb, as the theme has it. */
export function disc(color: string, radius: number, opacity: number): Disc {
  const half = Math.ceil(radius);
  const side = 2 * half + 1;
  const channel = (at: number) => Number.parseInt(color.slice(at, at + 2), 16);
  const alphas = new Float32Array(side * side);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const away = Math.hypot(row - half, column - half);
      alphas[row * side + column] = opacity * Math.max(0, Math.min(1, radius + 0.5 - away));
    }
  }
  return { half, color: [channel(1), channel(3), channel(5)], opacity: alphas };
}

/** Lays a disc over what is there, around the pixel that (left, top) lies in. */
export function stamp(
  { width, height, data }: Raster,
  { half, color, opacity }: Disc,
  left: number,
  top: number,
): void {
  const [x, y] = [Math.floor(left) - half, Math.floor(top) - half];
  const side = 2 * half + 1;
  const [red, green, blue] = color;
  const [firstRow, lastRow] = [Math.max(0, -y), Math.min(side, height - y)];
  const [firstColumn, lastColumn] = [Math.max(0, -x), Math.min(side, width - x)];
  for (let row = firstRow; row < lastRow; row++) {
    let place = ((y + row) * width + x + firstColumn) * 4;
    for (let column = firstColumn; column < lastColumn; column++, place += 4) {
      const above = opacity[row * side + column] ?? 0;
      if (above === 0) continue;
      const below = ((data[place + 3] ?? 0) / 255) * (1 - above);
      const whole = above + below;
      const share = above / whole;
      data[place] = (data[place] ?? 0) * (1 - share) + red * share;
      data[place + 1] = (data[place + 1] ?? 0) * (1 - share) + green * share;
      data[place + 2] = (data[place + 2] ?? 0) * (1 - share) + blue * share;
      data[place + 3] = whole * 255;
    }
  }
}
