import { ReelbenchError } from "../contract/errors.ts";
import type { FactorModel, FoldIn, ServableModel, StackedPart } from "./servable.ts";

/**
 * Members that are sums of biases and products of factors, added with weights, are such a sum again: their factors beside
 * each other, a user's times the member's weight. Item factors stay each member's own, and `partItemBias` keeps each
 * member's item biases, so that ratings can be folded in member by member (`core/recommend/stacked-fold-in.ts`).
 */
export function stackModels(
  members: readonly FactorModel[],
  { intercept, weights }: { readonly intercept: number; readonly weights: readonly number[] },
): FactorModel {
  const [first] = members;
  if (first === undefined) throw new ReelbenchError("RB_INTERNAL", "An ensemble of no models.");
  const { users, items, scale } = first;
  const factors = members.reduce((sum, member) => sum + member.factors, 0);
  const userFactors = new Float32Array(users * factors);
  const itemFactors = new Float32Array(items * factors);
  const implicitFactors = members.some((member) => member.implicitFactors !== undefined)
    ? new Float32Array(items * factors)
    : undefined;
  const partItemBias = new Float32Array(items * members.length);
  const [userBias, itemBias] = [new Float64Array(users), new Float64Array(items)];
  let globalMean = intercept;
  let at = 0;
  members.forEach((member, m) => {
    const weight = weights[m] ?? 0;
    const place = { from: at, width: factors };
    putColumns(userFactors, place, member.userFactors, member.factors, weight);
    putColumns(itemFactors, place, member.itemFactors, member.factors, 1);
    if (implicitFactors !== undefined && member.implicitFactors !== undefined)
      putColumns(implicitFactors, place, member.implicitFactors, member.factors, 1);
    member.userBias.forEach((bias, u) => (userBias[u] = (userBias[u] ?? 0) + weight * bias));
    member.itemBias.forEach((bias, i) => {
      itemBias[i] = (itemBias[i] ?? 0) + weight * bias;
      partItemBias[i * members.length + m] = bias;
    });
    globalMean += weight * member.globalMean;
    at += member.factors;
  });
  return {
    form: "factors",
    users,
    items,
    factors,
    globalMean,
    userBias: Float32Array.from(userBias),
    itemBias: Float32Array.from(itemBias),
    userFactors,
    itemFactors,
    ...(implicitFactors && { implicitFactors }),
    partItemBias,
    foldIn: { kind: "stacked", parts: members.map((member, m) => partOf(member, weights[m] ?? 0)) },
    predictsRatings: true,
    scale,
  };
}

/** Each member of a stacked model as it was, without its users. */
export function partsOf(model: FactorModel, parts: readonly StackedPart[]): FactorModel[] {
  let at = 0;
  return parts.map(({ factors, globalMean, foldIn, implicit }, m) => {
    const part: FactorModel = {
      form: "factors",
      users: 0,
      items: model.items,
      factors,
      globalMean,
      userBias: new Float32Array(0),
      userFactors: new Float32Array(0),
      itemBias: Float32Array.from({ length: model.items }, (_, i) => model.partItemBias?.[i * parts.length + m] ?? 0),
      itemFactors: takeColumns(model.itemFactors, model, at, factors),
      ...(implicit === true &&
        model.implicitFactors && { implicitFactors: takeColumns(model.implicitFactors, model, at, factors) }),
      foldIn,
      predictsRatings: model.predictsRatings,
      scale: model.scale,
    };
    at += factors;
    return part;
  });
}

/** @throws ReelbenchError RB_INVALID_INPUT for a member that is no sum of factors, or whose factors change with time. */
export function requireStackable(model: ServableModel, name: string): FactorModel {
  if (model.form !== "factors")
    throw new ReelbenchError(
      "RB_INVALID_INPUT",
      `${name} answers by ${model.form.replace("-", " ")}, not by factors; an ensemble is made of models of factors.`,
    );
  if (model.timeEffects !== undefined)
    throw new ReelbenchError(
      "RB_INVALID_INPUT",
      `The ratings that ${name} predicts change with time; an ensemble's do not.`,
    );
  if (model.foldIn.kind === "stacked") throw new ReelbenchError("RB_INVALID_INPUT", `${name} is an ensemble itself.`);
  return model;
}

function partOf({ factors, globalMean, foldIn, implicitFactors }: FactorModel, weight: number): StackedPart {
  if (isStacked(foldIn)) throw new ReelbenchError("RB_INTERNAL", "An ensemble of ensembles.");
  return { factors, weight, globalMean, foldIn, ...(implicitFactors && { implicit: true }) };
}

function isStacked(foldIn: FoldIn): foldIn is Extract<FoldIn, { kind: "stacked" }> {
  return foldIn.kind === "stacked";
}

function putColumns(
  target: Float32Array,
  { from, width }: { readonly from: number; readonly width: number },
  source: Float32Array,
  columns: number,
  weight: number,
): void {
  if (columns === 0) return;
  for (let row = 0; row * columns < source.length; row++) {
    for (let f = 0; f < columns; f++) target[row * width + from + f] = weight * (source[row * columns + f] ?? 0);
  }
}

function takeColumns(
  source: Float32Array,
  { items, factors: width }: FactorModel,
  from: number,
  columns: number,
): Float32Array {
  const taken = new Float32Array(items * columns);
  for (let i = 0; i < items; i++) taken.set(source.subarray(i * width + from, i * width + from + columns), i * columns);
  return taken;
}
