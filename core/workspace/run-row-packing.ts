import type { MetricValue } from "../contract/evaluation.ts";

/** What the same metrics of many runs have in common. */
type MetricShape = readonly [metric: string, definition: string, intervalLevel: number | null, higherIsBetter: 0 | 1];

const perMetric = 4;

/** Metrics as a text that most runs share, and `[value, low, high, users]` of each as 64-bit floats. */
export function packMetrics(metrics: readonly MetricValue[]): { readonly shape: string; readonly numbers: Buffer } {
  const shape = metrics.map(({ metric, definition, interval, higherIsBetter }): MetricShape => [
    metric,
    definition,
    interval?.level ?? null,
    higherIsBetter ? 1 : 0,
  ]);
  const numbers = new Float64Array(metrics.length * perMetric);
  metrics.forEach(({ value, interval, users }, index) => {
    numbers.set([value, interval?.low ?? 0, interval?.high ?? 0, users], index * perMetric);
  });
  return { shape: JSON.stringify(shape), numbers: Buffer.from(numbers.buffer) };
}

/** Reads shapes once, then numbers by them. Throws where the two do not belong together. */
export function metricUnpacker(): (shape: string, numbers: Buffer) => MetricValue[] {
  const shapes = new Map<string, readonly MetricShape[]>();
  return (text, bytes) => {
    let shape = shapes.get(text);
    if (shape === undefined) {
      shape = JSON.parse(text) as readonly MetricShape[];
      shapes.set(text, shape);
    }
    if (bytes.byteLength !== shape.length * perMetric * 8) throw new Error("The numbers are not of this shape.");
    // A row's bytes begin anywhere; floats must not.
    const numbers = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    return shape.map(([metric, definition, level, higherIsBetter], index) => {
      const at = index * perMetric;
      return {
        metric,
        definition,
        value: numbers[at] ?? NaN,
        interval: level === null ? null : { low: numbers[at + 1] ?? NaN, high: numbers[at + 2] ?? NaN, level },
        users: numbers[at + 3] ?? NaN,
        higherIsBetter: higherIsBetter === 1,
      };
    });
  };
}
