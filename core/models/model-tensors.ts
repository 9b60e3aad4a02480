import { ReelbenchError } from "../contract/errors.ts";
import type { BundleCard } from "./bundle-card.ts";
import type { Tensor } from "./safetensors.ts";
import type { TimeEffects } from "./time-effects.ts";
import type { FactorModel, ItemWeightModel, NeighbourModel, ServableModel, StackedPart } from "./servable.ts";

/**
 * Which tensors a form has in `model.safetensors`. One that a model may lack is optional: absent in the file, absent in the
 * model. A new optional part of a form (effects of time, say) is a line in both functions of that form, and its scalars, if it
 * has any, a field of the card.
 */
export function tensorsOf(model: ServableModel): Map<string, Tensor> {
  const popularity = optional("item_popularity", [model.items], model.itemPopularity);
  switch (model.form) {
    case "factors":
      return new Map<string, Tensor>([...factorTensors(model), ...popularity]);
    case "item-weights":
      return new Map<string, Tensor>([...itemWeightTensors(model), ...popularity]);
    case "user-neighbours":
      return new Map<string, Tensor>([...neighbourTensors(model), ...popularity]);
  }
}

/** The model of a card and its tensors. Throws RB_CORRUPT for one that is missing, unknown or of another shape. */
export function modelOf(card: BundleCard, tensors: ReadonlyMap<string, Tensor>): ServableModel {
  const reader = createReader(tensors);
  const { users, items, predictsRatings, scale } = card;
  const itemPopularity = reader.optionalFloats("item_popularity", [items]);
  const base = { users, items, predictsRatings, scale, ...(itemPopularity && { itemPopularity }) };
  const model = formOf();
  reader.requireNothingElse();
  return model;

  function formOf(): ServableModel {
    switch (card.form) {
      case "factors":
        return { ...base, ...readFactors(card, reader) };
      case "item-weights":
        return { ...base, ...readItemWeights(card, reader) };
      case "user-neighbours":
        return { ...base, ...readNeighbours(card, reader) };
    }
  }
}

type CardOf<Form extends BundleCard["form"]> = Extract<BundleCard, { form: Form }>;
/** What a form has beyond what every form has. */
type Own<Model extends ServableModel> = Omit<Model, "users" | "items" | "predictsRatings" | "scale" | "itemPopularity">;

// ── factors ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

function factorTensors(model: FactorModel): [string, Tensor][] {
  const { users, items, factors } = model;
  return [
    ["user_factors", { shape: [users, factors], data: model.userFactors }],
    ["item_factors", { shape: [items, factors], data: model.itemFactors }],
    ["user_bias", { shape: [users], data: model.userBias }],
    ["item_bias", { shape: [items], data: model.itemBias }],
    ...optional("implicit_factors", [items, factors], model.implicitFactors),
    ...optional("part_item_bias", [items, partCount(model.foldIn)], model.partItemBias),
    ...timeTensors(model),
    ...optional("user_variance", [users], model.intervals?.users),
    ...optional("item_variance", [items], model.intervals?.items),
  ];
}

function readFactors(card: CardOf<"factors">, reader: Reader): Own<FactorModel> {
  const { users, items, factors } = card;
  const implicitFactors = reader.optionalFloats("implicit_factors", [items, factors]);
  const parts = partCount(card.foldIn);
  if (card.foldIn.kind === "stacked" && card.foldIn.parts.reduce((sum, part) => sum + part.factors, 0) !== factors)
    throw corrupt(`The factors of the model's parts do not add up to ${factors}.`);
  return {
    ...(parts > 0 && { partItemBias: reader.floats("part_item_bias", [items, parts]) }),
    form: "factors",
    factors,
    globalMean: card.globalMean,
    foldIn: plainFoldIn(card.foldIn),
    userFactors: reader.floats("user_factors", [users, factors]),
    itemFactors: reader.floats("item_factors", [items, factors]),
    userBias: reader.floats("user_bias", [users]),
    itemBias: reader.floats("item_bias", [items]),
    ...(implicitFactors && { implicitFactors }),
    ...(card.noiseVariance !== undefined && {
      intervals: {
        noise: card.noiseVariance,
        users: nonNegative("user_variance", reader.floats("user_variance", [users])),
        items: nonNegative("item_variance", reader.floats("item_variance", [items])),
      },
    }),
    ...(card.timeEffects && { timeEffects: readTimeEffects(card, card.timeEffects, reader) }),
  };
}

function timeTensors({ timeEffects, users, items, factors }: FactorModel): [string, Tensor][] {
  if (timeEffects === undefined) return [];
  if (timeEffects.kind === "days") {
    const days = timeEffects.day.length;
    return [
      ["day", { shape: [days], data: timeEffects.day }],
      ["day_bias", { shape: [days], data: timeEffects.bias }],
      ["day_user_side", { shape: [days, factors], data: timeEffects.userSide }],
      ["day_item_side", { shape: [days, factors], data: timeEffects.itemSide }],
    ];
  }
  const { bins, day } = timeEffects;
  return [
    ["time_item_bins", { shape: [items, bins], data: timeEffects.itemBins }],
    ["time_user_mean", { shape: [users], data: timeEffects.userMean }],
    ["time_user_slope", { shape: [users], data: timeEffects.userSlope }],
    ["time_factor_slopes", { shape: [users, factors], data: timeEffects.factorSlopes }],
    ["time_day_start", { shape: [users + 1], data: timeEffects.dayStart }],
    ["time_day_item", { shape: [day.length], data: day }],
    ["time_day_bias", { shape: [day.length], data: timeEffects.dayBias }],
  ];
}

function readTimeEffects(
  { users, items, factors }: CardOf<"factors">,
  scalars: NonNullable<CardOf<"factors">["timeEffects"]>,
  reader: Reader,
): TimeEffects {
  if (scalars.kind === "days") {
    const day = reader.integers("day", [null]);
    requireAscending("day", day);
    return {
      ...scalars,
      day,
      bias: reader.floats("day_bias", [day.length]),
      userSide: reader.floats("day_user_side", [day.length, factors]),
      itemSide: reader.floats("day_item_side", [day.length, factors]),
    };
  }
  const dayStart = reader.integers("time_day_start", [users + 1]);
  const day = reader.integers("time_day_item", [null]);
  requireRows("time_day", dayStart, day, 2 ** 31);
  return {
    ...scalars,
    itemBins: reader.floats("time_item_bins", [items, scalars.bins]),
    userMean: reader.floats("time_user_mean", [users]),
    userSlope: reader.floats("time_user_slope", [users]),
    factorSlopes: reader.floats("time_factor_slopes", [users, factors]),
    dayStart,
    day,
    dayBias: reader.floats("time_day_bias", [day.length]),
  };
}

function partCount(foldIn: CardOf<"factors">["foldIn"] | FactorModel["foldIn"]): number {
  return foldIn.kind === "stacked" ? foldIn.parts.length : 0;
}

function plainFoldIn(foldIn: CardOf<"factors">["foldIn"]): FactorModel["foldIn"] {
  if (foldIn.kind !== "stacked") return plainPartFoldIn(foldIn);
  return {
    kind: "stacked",
    parts: foldIn.parts.map(({ implicit, ...part }) => ({
      ...part,
      ...(implicit === undefined ? {} : { implicit }),
      foldIn: plainPartFoldIn(part.foldIn),
    })),
  };
}

/** A key that is absent stays absent: `exactOptionalPropertyTypes` tells it from one that is undefined. */
function plainPartFoldIn(foldIn: Exclude<CardOf<"factors">["foldIn"], { kind: "stacked" }>): StackedPart["foldIn"] {
  if (foldIn.kind !== "ridge") return foldIn;
  const { biasShrinkage, shrinkage, ...rest } = foldIn;
  return {
    ...rest,
    ...(biasShrinkage === undefined ? {} : { biasShrinkage }),
    ...(shrinkage === undefined ? {} : { shrinkage }),
  };
}

// ── item-weights ────────────────────────────────────────────────────────────────────────────────────────────────────────

function itemWeightTensors({ items, weights, itemBias }: ItemWeightModel): [string, Tensor][] {
  const tensors: [string, Tensor][] =
    weights.kind === "dense"
      ? [["item_weights", { shape: [items, items], data: weights.data }]]
      : [
          ["weight_start", { shape: [items + 1], data: weights.start }],
          ["weight_item", { shape: [weights.item.length], data: weights.item }],
          ["weight", { shape: [weights.item.length], data: weights.weight }],
        ];
  return [...tensors, ...optional("item_bias", [items], itemBias)];
}

function readItemWeights({ input, weights, items }: CardOf<"item-weights">, reader: Reader): Own<ItemWeightModel> {
  const itemBias = reader.optionalFloats("item_bias", [items]);
  return {
    form: "item-weights",
    input,
    weights: weights === "dense" ? { kind: "dense", data: reader.floats("item_weights", [items, items]) } : sparse(),
    ...(itemBias && { itemBias }),
  };

  function sparse(): ItemWeightModel["weights"] {
    const start = reader.integers("weight_start", [items + 1]);
    const item = reader.integers("weight_item", [null]);
    const weight = reader.floats("weight", [item.length]);
    requireRows("weight", start, item, items);
    return { kind: "sparse", start, item, weight };
  }
}

// ── user-neighbours ─────────────────────────────────────────────────────────────────────────────────────────────────────

function neighbourTensors({ users, rows, admission }: NeighbourModel): [string, Tensor][] {
  return [
    ["rating_start", { shape: [users + 1], data: rows.start }],
    ["rating_item", { shape: [rows.item.length], data: rows.item }],
    ["rating", { shape: [rows.item.length], data: rows.value }],
    ...optional("admission", [users], admission),
  ];
}

function readNeighbours(card: CardOf<"user-neighbours">, reader: Reader): Own<NeighbourModel> {
  const start = reader.integers("rating_start", [card.users + 1]);
  const item = reader.integers("rating_item", [null]);
  const value = reader.floats("rating", [item.length]);
  requireRows("rating", start, item, card.items);
  const { input, similarity, neighbours } = card;
  const admission = reader.optionalFloats("admission", [card.users]);
  const rows = { start, item, value };
  return { form: "user-neighbours", input, similarity, neighbours, rows, ...(admission && { admission }) };
}

// ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A size; null: any. */
type Shape = readonly (number | null)[];

interface Reader {
  floats(name: string, shape: Shape): Float32Array;
  integers(name: string, shape: Shape): Int32Array;
  optionalFloats(name: string, shape: Shape): Float32Array | undefined;
  /** Throws RB_CORRUPT for a tensor that nobody asked for. */
  requireNothingElse(): void;
}

function createReader(tensors: ReadonlyMap<string, Tensor>): Reader {
  const asked = new Set<string>();

  function dataOf(name: string, shape: Shape): Tensor["data"] {
    asked.add(name);
    const tensor = tensors.get(name);
    if (tensor === undefined) throw corrupt(`model.safetensors has no tensor "${name}".`);
    if (
      tensor.shape.length !== shape.length ||
      tensor.shape.some((size, axis) => shape[axis] !== null && size !== shape[axis])
    ) {
      const wanted = shape.map((size) => size ?? "any").join(" × ");
      throw corrupt(`The tensor "${name}" has the shape ${tensor.shape.join(" × ")}; the card says ${wanted}.`);
    }
    return tensor.data;
  }

  function floats(name: string, shape: Shape): Float32Array {
    const data = dataOf(name, shape);
    if (data instanceof Float32Array) return data;
    throw corrupt(`The tensor "${name}" does not hold float32 values.`);
  }

  return {
    floats,
    integers(name, shape) {
      const data = dataOf(name, shape);
      if (data instanceof Int32Array) return data;
      throw corrupt(`The tensor "${name}" does not hold int32 values.`);
    },
    optionalFloats: (name, shape) => (tensors.has(name) ? floats(name, shape) : undefined),
    requireNothingElse() {
      for (const name of tensors.keys())
        if (!asked.has(name))
          throw corrupt(`model.safetensors holds a tensor "${name}" that the card does not tell of.`);
    },
  };
}

/** Row starts from 0 to the number of entries, never falling; in each row indices ascending, each once, within `columns`. */
function requireRows(name: string, start: Int32Array, index: Int32Array, columns: number): void {
  const rows = start.length - 1;
  if (start[0] !== 0 || start[rows] !== index.length)
    throw corrupt(`"${name}_start" does not go from 0 to the ${index.length} entries that there are.`);
  for (let row = 0; row < rows; row++) {
    const from = start[row] ?? 0;
    const to = start[row + 1] ?? 0;
    // Also above the end: a later row would come back down to it.
    if (to < from || to > index.length) throw corrupt(`Row ${row} of "${name}_start" ends before it begins.`);
    let previous = -1;
    for (let at = from; at < to; at++) {
      const column = index[at] ?? -1;
      if (column <= previous || column >= columns)
        throw corrupt(`Row ${row} of "${name}_item" is not in order, or names what the model does not have.`);
      previous = column;
    }
  }
}

function nonNegative(name: string, values: Float32Array): Float32Array {
  if (values.some((value) => value < 0)) throw corrupt(`"${name}" holds a number below zero.`);
  return values;
}

function requireAscending(name: string, values: Int32Array): void {
  if (values.length === 0) throw corrupt(`"${name}" is empty.`);
  for (let at = 1; at < values.length; at++)
    if ((values[at] ?? 0) <= (values[at - 1] ?? 0)) throw corrupt(`"${name}" is not in order.`);
}

function optional(name: string, shape: readonly number[], data: Float32Array | undefined): [string, Tensor][] {
  return data === undefined ? [] : [[name, { shape, data }]];
}

function corrupt(message: string): ReelbenchError {
  return new ReelbenchError("RB_CORRUPT", message);
}
