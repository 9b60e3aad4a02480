import { expect, it } from "vitest";
import { createLiveCurves, joinCurves } from "./live-curves.ts";

const point = (epoch: number, loss: number) => ({ epoch, seconds: epoch, values: { loss } });

it("lets a resumed training tell its epochs again", () => {
  const curves = createLiveCurves();
  curves.add(new Map([["r1", [point(1, 9), point(2, 8), point(3, 7)]]]));
  curves.add(new Map([["r1", [point(2, 6)]]]));
  expect(curves.get("r1")).toEqual([point(1, 9), point(2, 6)]);
});

it("joins what is stored with what came since, in order", () => {
  expect(joinCurves([point(1, 9), point(2, 8)], [point(2, 7), point(3, 6)])).toEqual([
    point(1, 9),
    point(2, 7),
    point(3, 6),
  ]);
});
