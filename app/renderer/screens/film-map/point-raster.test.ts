import { expect, it } from "vitest";
import { disc, emptyRaster, stamp } from "./point-raster.ts";

const raster = () => emptyRaster(20, 10);
const pixel = ({ data, width }: ReturnType<typeof raster>, x: number, y: number) => [
  ...data.slice((y * width + x) * 4, (y * width + x) * 4 + 4),
];

it("stamps a round point of its colour around where it is told", () => {
  const picture = raster();
  stamp(picture, disc("#ff8000", 2.2, 1), 8.7, 5.2);
  expect(pixel(picture, 8, 5)).toEqual([255, 128, 0, 255]);
  const across = Array.from({ length: 20 }, (_, x) => pixel(picture, x, 5)[3]);
  const down = Array.from({ length: 10 }, (_, y) => pixel(picture, 8, y)[3]);
  expect(across.flatMap((opacity, x) => (opacity === 0 ? [] : [x]))).toEqual([6, 7, 8, 9, 10]);
  expect(down.flatMap((opacity, y) => (opacity === 0 ? [] : [y]))).toEqual([3, 4, 5, 6, 7]);
  // Its edge is soft, its corners are not there.
  expect(across[6]).toBeGreaterThan(100);
  expect(across[6]).toBeLessThan(255);
  expect(pixel(picture, 6, 3)[3]).toBe(0);
});

it("lays one over another as paint that lets through", () => {
  const picture = raster();
  stamp(picture, disc("#ff0000", 1.5, 0.5), 8, 5);
  expect(pixel(picture, 8, 5)).toEqual([255, 0, 0, 128]);
  stamp(picture, disc("#0000ff", 1.5, 0.5), 8, 5);
  const [red = 0, green, blue = 0, opacity] = pixel(picture, 8, 5);
  expect(green).toBe(0);
  expect(Math.abs((opacity ?? 0) - 0.75 * 255)).toBeLessThan(1);
  // Half of it blue, of the other half half is red.
  expect(blue / red).toBeCloseTo(2, 1);
});

it("cuts a point off at the edge instead of letting it come in on the other side", () => {
  const picture = raster();
  for (const [left, top] of [
    [0, 0],
    [19.9, 9.9],
    [-9, 5],
    [30, -8],
  ] as const)
    stamp(picture, disc("#00ff00", 3, 1), left, top);
  expect(pixel(picture, 0, 0)).toEqual([0, 255, 0, 255]);
  expect(pixel(picture, 19, 9)).toEqual([0, 255, 0, 255]);
  for (const [x, y] of [
    [19, 0],
    [19, 1],
    [0, 9],
    [10, 5],
  ] as const)
    expect(pixel(picture, x, y)[3]).toBe(0);
});
