import { readFileSync } from "node:fs";
import { z } from "zod";
import type { SearchDimension } from "../../core/contract/searches.ts";
import type { Configuration } from "../../core/tuning/space.ts";
import { coordinateRange } from "../../core/tuning/space.ts";

/** A function to be minimised over a space, whose smallest value is known. */
export interface Objective {
  readonly name: string;
  readonly space: readonly SearchDimension[];
  readonly minimum: number;
  readonly evaluate: (configuration: Configuration) => number;
}

const real = (name: string, minimum: number, maximum: number, logarithmic = false): SearchDimension => ({
  kind: "real",
  name,
  minimum,
  maximum,
  logarithmic,
  when: null,
});
const integer = (name: string, minimum: number, maximum: number, logarithmic = false): SearchDimension => ({
  kind: "integer",
  name,
  minimum,
  maximum,
  logarithmic,
  when: null,
});
const choice = (name: string, choices: string[]): SearchDimension => ({ kind: "choice", name, choices, when: null });
const dependent = (dimension: SearchDimension, on: string, is: string[]): SearchDimension => ({
  ...dimension,
  when: { name: on, is },
});
const number = (configuration: Configuration, name: string) => Number(configuration[name]);
const square = (x: number) => x * x;

/** Dixon & Szegő 1978. */
const branin: Objective = {
  name: "Branin",
  space: [real("x", -5, 10), real("y", 0, 15)],
  minimum: 0.39788735772973816,
  evaluate: (c) => {
    const [x, y] = [number(c, "x"), number(c, "y")];
    const bend = y - (5.1 / (4 * Math.PI ** 2)) * x * x + (5 / Math.PI) * x - 6;
    return bend * bend + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10;
  },
};

const hartmannScale = [1, 1.2, 3, 3.2];
const hartmannA = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
];
const hartmannP = [
  [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
  [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
  [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665],
  [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
];

const hartmann6: Objective = {
  name: "Hartmann6",
  space: Array.from({ length: 6 }, (_, at) => real(`x${String(at)}`, 0, 1)),
  minimum: -3.3223680114155125,
  evaluate: (c) =>
    -hartmannScale.reduce((sum, scale, row) => {
      const distance = (hartmannA[row] ?? []).reduce(
        (total, a, at) => total + a * square(number(c, `x${String(at)}`) - (hartmannP[row]?.[at] ?? 0)),
        0,
      );
      return sum + scale * Math.exp(-distance);
    }, 0),
};

/** Like tuning a penalty and a rate: a bowl along logarithms, slanted, with a best place off the middle. */
const penalties: Objective = {
  name: "logarithmic (4)",
  space: [real("a", 1e-6, 10, true), real("b", 1e-5, 1, true), real("c", 1e-4, 100, true), real("d", 1e-6, 1, true)],
  minimum: 0,
  evaluate: (c) => {
    const [a, b, g, d] = ["a", "b", "c", "d"].map((name) => Math.log10(number(c, name))) as [
      number,
      number,
      number,
      number,
    ];
    return square(a + 1.5) + 2 * square(b + 2 + 0.4 * (a + 1.5)) + 0.3 * square(g - 0.7) + 0.1 * square(d + 4);
  },
};

/** Integers, logarithmic integers, a choice with an effect of its own. */
const mixed: Objective = {
  name: "mixed",
  space: [
    real("rate", 1e-4, 1, true),
    integer("factors", 4, 512, true),
    integer("steps", 1, 20),
    choice("solver", ["a", "b", "c", "d"]),
    real("share", 0, 1),
  ],
  minimum: 0,
  evaluate: (c) => {
    const offset = { a: 0.3, b: 0, c: 0.6, d: 0.15 }[String(c["solver"])] ?? 1;
    const ideal = c["solver"] === "b" ? -1.5 : -2.5;
    return (
      offset +
      square(Math.log10(number(c, "rate")) - ideal) +
      0.5 * square(Math.log2(number(c, "factors") / 64)) +
      square((number(c, "steps") - 7) / 6) +
      2 * square(number(c, "share") - 0.8)
    );
  },
};

/** Each branch has settings of its own; the best lies in the branch that is worse on average. */
const conditional: Objective = {
  name: "conditional",
  space: [
    choice("kind", ["linear", "deep"]),
    real("shared", 1e-4, 1, true),
    dependent(real("slope", -5, 5), "kind", ["linear"]),
    dependent(integer("layers", 1, 8), "kind", ["deep"]),
    dependent(real("width", 1e-3, 10, true), "kind", ["deep"]),
  ],
  minimum: 0,
  evaluate: (c) => {
    const shared = 0.5 * square(Math.log10(number(c, "shared")) + 2.3);
    if (c["kind"] === "linear") return 0.4 + shared + 0.05 * square(number(c, "slope") - 1);
    return shared + 0.3 * square(number(c, "layers") - 5) + square(Math.log10(number(c, "width")) + 0.5);
  },
};

/** Many optima of nearly the same depth. */
const rastrigin: Objective = {
  name: "Rastrigin (3)",
  space: [real("x", -5.12, 5.12), real("y", -4.12, 6.12), real("z", -3.12, 7.12)],
  minimum: 0,
  evaluate: (c) =>
    ["x", "y", "z"].reduce(
      (sum, name) => sum + square(number(c, name)) - 10 * Math.cos(2 * Math.PI * number(c, name)) + 10,
      0,
    ),
};

const table = z.object({
  source: z.string(),
  space: z.array(z.unknown()),
  rows: z.array(z.object({ at: z.array(z.number()), value: z.number() })),
});

/**
 * What real trainings came to, between them by inverse squared distance of the eight nearest (Shepard 1968) in the unit
 * cube. `file` is written by bench/tuning/tabulate.ts.
 */
export function tabulated(name: string, file: URL, space: readonly SearchDimension[]): Objective {
  const { rows } = table.parse(JSON.parse(readFileSync(file, "utf8")));
  return {
    name,
    space,
    minimum: Math.min(...rows.map(({ value }) => value)),
    evaluate: (configuration) => {
      const at = unitPoint(space, configuration);
      const near = rows
        .map((row) => ({ value: row.value, distance: row.at.reduce((sum, x, d) => sum + square(x - (at[d] ?? 0)), 0) }))
        .sort((a, b) => a.distance - b.distance)
        .slice(0, 8);
      const weights = near.map(({ distance }) => 1 / (distance + 1e-6));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      return near.reduce((sum, { value }, n) => sum + (value * (weights[n] ?? 0)) / total, 0);
    },
  };
}

/** Where a configuration lies in the unit cube of its space. */
export function unitPoint(space: readonly SearchDimension[], configuration: Configuration): number[] {
  return space.map((dimension) => {
    if (dimension.kind === "choice")
      return dimension.choices.indexOf(configuration[dimension.name] ?? "") / dimension.choices.length;
    const { low, high } = coordinateRange(dimension);
    const value = number(configuration, dimension.name);
    return ((dimension.logarithmic ? Math.log(value) : value) - low) / (high - low);
  });
}

/** What biased SVD is searched over in the table of real trainings. */
export const svdSpace: readonly SearchDimension[] = [
  integer("factors", 4, 128, true),
  real("learningRate", 1e-3, 0.1, true),
  real("regularization", 1e-3, 1, true),
  real("biasRegularization", 1e-3, 1, true),
  real("learningRateDecay", 0.8, 1),
];

export const svdTable = new URL("biased-svd-ml100k.json", import.meta.url);

export const closedForm: readonly Objective[] = [branin, hartmann6, penalties, mixed, conditional, rastrigin];
