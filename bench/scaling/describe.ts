import { z } from "zod";

const point = z.object({
  /** The size that was asked for; generated ratings are about as many. */
  asked: z.number(),
  users: z.int(),
  items: z.int(),
  ratings: z.int(),
  /** Of the processor, over all threads. */
  seconds: z.number(),
  /** Of the fit at its peak. */
  bytes: z.number(),
});
export type ScalingPoint = z.infer<typeof point>;

export const scalingResult = z.object({
  measuredOn: z.string(),
  settings: z.object({ threads: z.int(), passes: z.int(), factors: z.int(), limitSeconds: z.number() }),
  curves: z.array(
    z.object({
      algorithm: z.string(),
      name: z.string(),
      points: z.array(point),
      /** seconds ~ ratings^exponent over the sizes that take long enough to be timed; null with fewer than two. */
      timeExponent: z.number().nullable(),
      memoryExponent: z.number().nullable(),
      /** The steepest step between two sizes that follow each other: far above the exponent, and there is a cliff. */
      steepest: z.number().nullable(),
      leftOut: z.string().nullable(),
    }),
  ),
});
export type ScalingResult = z.infer<typeof scalingResult>;

/** Below this, threads being started and code being compiled are what is timed. */
const shortestSeconds = 0.25;
/** Below this, what any process takes hides what the data takes. */
const smallestBytes = 100 * 2 ** 20;

export function exponentsOf(points: readonly ScalingPoint[]) {
  const timed = points.filter(({ seconds }) => seconds >= shortestSeconds);
  const steps = timed.slice(1).map((later, at) => slope(timed.slice(at, at + 1).concat(later), "seconds") ?? 0);
  return {
    timeExponent: slope(timed, "seconds"),
    memoryExponent: slope(
      points.filter(({ bytes }) => bytes >= smallestBytes),
      "bytes",
    ),
    steepest: steps.length === 0 ? null : Math.max(...steps),
  };
}

/** Least squares of log(value) on log(ratings). */
function slope(points: readonly ScalingPoint[], value: "seconds" | "bytes"): number | null {
  if (points.length < 2) return null;
  const [x, y] = [points.map(({ ratings }) => Math.log(ratings)), points.map((of) => Math.log(of[value]))];
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, n) => sum + n, 0) / numbers.length;
  const [mx, my] = [mean(x), mean(y)];
  const across = x.reduce((sum, at, n) => sum + (at - mx) * ((y[n] ?? 0) - my), 0);
  return across / x.reduce((sum, at) => sum + (at - mx) ** 2, 0);
}

/** The page beside the picture. */
export function describeScaling({ measuredOn, settings, curves }: ScalingResult): string {
  const sizes = [...new Set(curves.flatMap(({ points }) => points.map(({ ratings }) => roundSize(ratings))))].sort(
    (a, b) => a - b,
  );
  const cell = (curve: ScalingResult["curves"][number], size: number) => {
    const found = curve.points.find(({ ratings }) => roundSize(ratings) === size);
    return found === undefined ? "–" : `${short(found.seconds)} s, ${gibibytes(found.bytes)}`;
  };
  const number = (value: number | null) => (value === null ? "–" : value.toFixed(2));
  const rows = curves.map(
    (curve) =>
      `| ${curve.name} | ${sizes.map((size) => cell(curve, size)).join(" | ")} | ${number(curve.timeExponent)} | ${number(curve.steepest)} | ${number(curve.memoryExponent)} | ${curve.leftOut ?? (curve.points.length < sizes.length ? "larger sizes not measured yet" : "")} |`,
  );
  return `# Cost against size

![Processor seconds of a fit against the number of ratings](scaling.svg)

Processor seconds of whole fits, over all threads, on generated ratings (${settings.passes} passes, ${settings.factors} factors where an algorithm has them, otherwise its defaults; ${settings.threads}
threads; 154 ratings a user, items growing with the square root of the ratings). ${measuredOn}. The exponents are fitted by least
squares on logarithms, over fits of at least ${shortestSeconds} s and ${smallestBytes / 2 ** 20} MiB; the steepest step is the largest exponent between two
neighbouring sizes. A fit that takes more than ${settings.limitSeconds} s by the clock, its data generated included, is ended and the larger sizes are left out. Made by \`bench/scaling.ts\`.

| algorithm | ${sizes.map((size) => `${(size / 1e6).toLocaleString("en")} M`).join(" | ")} | time exponent | steepest step | memory exponent | left out |
| --- | ${sizes.map(() => "---:").join(" | ")} | ---: | ---: | ---: | --- |
${rows.join("\n")}
`;
}

/** Generated sets differ a little from what was asked. */
function roundSize(ratings: number): number {
  return Number(ratings.toPrecision(2));
}
function short(seconds: number): string {
  return seconds >= 10 ? seconds.toFixed(0) : seconds.toFixed(seconds >= 1 ? 1 : 2);
}
function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(bytes >= 2 ** 30 ? 1 : 2)} GiB`;
}
