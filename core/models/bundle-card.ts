import { createHash } from "node:crypto";
import { z } from "zod";
import { entityId, hyperparameters, metricValue, sha256 } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";

/** zod lets no infinite number and no NaN through. */
const finite = z.number();

const partFoldIn = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("ridge"),
    regularization: finite.nonnegative(),
    biasRegularization: finite.nonnegative(),
    biasShrinkage: finite.nonnegative().optional(),
    shrinkage: finite.nonnegative().optional(),
  }),
  z.strictObject({ kind: z.literal("non-negative"), regularization: finite.positive() }),
  z.strictObject({ kind: z.literal("projection"), center: finite }),
  z.strictObject({
    kind: z.literal("implicit"),
    unobservedWeight: finite.positive(),
    regularization: finite.positive(),
    frequencyExponent: finite.nonnegative(),
    items: z.int().nonnegative(),
    positiveFrom: finite,
  }),
  z.strictObject({ kind: z.literal("implicit-sum"), positiveFrom: finite }),
  z.strictObject({ kind: z.literal("none") }),
]);
const foldIn = z.discriminatedUnion("kind", [
  ...partFoldIn.options,
  z.strictObject({
    kind: z.literal("stacked"),
    parts: z
      .array(
        z.strictObject({
          factors: z.int().nonnegative(),
          weight: finite.nonnegative(),
          globalMean: finite,
          implicit: z.boolean().optional(),
          foldIn: partFoldIn,
        }),
      )
      .min(1)
      .max(64)
      .readonly(),
  }),
]);

export const bundlePart = z.enum(["model.safetensors", "users.json", "items.json"]);
export type BundlePart = z.infer<typeof bundlePart>;

const common = {
  format: z.literal("reelbench-bundle"),
  algorithm: entityId,
  hyperparameters,
  seed: z.int().nonnegative(),
  users: z.int().nonnegative(),
  items: z.int().nonnegative(),
  predictsRatings: z.boolean(),
  scale: z
    .strictObject({ minimum: finite, maximum: finite })
    .refine(({ minimum, maximum }) => minimum <= maximum, "The scale is empty."),
  runId: entityId,
  snapshotId: entityId,
  splitId: entityId,
  /** For a refit: the run that was evaluated; `metrics` are its. */
  refitOf: entityId.nullable(),
  metrics: z.array(metricValue.strict()),
  codeVersion: z.string(),
  /** Every other part of the bundle, by name. */
  parts: z.strictObject({
    "model.safetensors": z.strictObject({ bytes: z.int().nonnegative(), sha256 }),
    "users.json": z.strictObject({ bytes: z.int().nonnegative(), sha256 }),
    "items.json": z.strictObject({ bytes: z.int().nonnegative(), sha256 }),
  }),
};

const historyInput = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("binary"), positiveFrom: finite }),
  z.strictObject({ kind: z.literal("rating"), center: finite }),
]);

/** What each form says of itself; `core/models/servable.ts` says how it scores. Version 1 knew factors alone. */
const factors = {
  formatVersion: z.literal([1, 2]),
  form: z.literal("factors"),
  factors: z.int().nonnegative(),
  globalMean: finite,
  foldIn,
  /** Of a model with intervals; the variances of users and items are tensors. */
  noiseVariance: finite.nonnegative().optional(),
  /** Of a model with effects of time; their tables are tensors. */
  timeEffects: z
    .discriminatedUnion("kind", [
      z
        .strictObject({
          kind: z.literal("time-svd"),
          servingTime: finite,
          start: finite,
          bins: z.int().positive(),
          deviationScale: finite.positive(),
        })
        .refine(({ start, servingTime }) => start <= servingTime, "The span of time is empty."),
      z.strictObject({ kind: z.literal("days"), servingTime: finite }),
    ])
    .optional(),
};
const itemWeights = {
  formatVersion: z.literal(2),
  form: z.literal("item-weights"),
  input: historyInput,
  weights: z.enum(["dense", "sparse"]),
};
const userNeighbours = {
  formatVersion: z.literal(2),
  form: z.literal("user-neighbours"),
  input: historyInput,
  similarity: z.strictObject({ asymmetry: finite.min(0).max(1), shrinkage: finite.nonnegative() }),
  neighbours: z.int().positive(),
};

/** What a person or another program should know of a model before using it. */
export const bundleCard = z.discriminatedUnion("form", [
  z.strictObject({ ...common, ...factors }),
  z.strictObject({ ...common, ...itemWeights }),
  z.strictObject({ ...common, ...userNeighbours }),
]);
export type BundleCard = z.infer<typeof bundleCard>;

const seal = { cardSha256: sha256 };
const sealedCard = z.discriminatedUnion("form", [
  z.strictObject({ ...common, ...factors, ...seal }),
  z.strictObject({ ...common, ...itemWeights, ...seal }),
  z.strictObject({ ...common, ...userNeighbours, ...seal }),
]);

/**
 * The card as the bytes of `card.json`: keys sorted, two spaces, and `cardSha256` over the same text without that key, so
 * that a changed card is noticed like any other changed part.
 */
export function encodeCard(card: BundleCard): Uint8Array {
  return new TextEncoder().encode(cardText({ ...card, cardSha256: cardHash(card) }));
}

/** Throws RB_CORRUPT unless the bytes are exactly what `encodeCard` writes. */
export function decodeCard(bytes: Uint8Array): BundleCard {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (error) {
    throw new ReelbenchError("RB_CORRUPT", "card.json is not JSON.", { cause: error });
  }
  const parsed = sealedCard.safeParse(value);
  if (!parsed.success) throw new ReelbenchError("RB_CORRUPT", `card.json: ${z.prettifyError(parsed.error)}`);
  const { cardSha256, ...card } = parsed.data;
  if (cardHash(card) !== cardSha256 || cardText(parsed.data) !== text)
    throw new ReelbenchError("RB_CORRUPT", "card.json does not match its own checksum.");
  return card;
}

export function hashBytes(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function cardHash(card: BundleCard): string {
  return hashBytes(new TextEncoder().encode(cardText(card)));
}

function cardText(value: unknown): string {
  return `${JSON.stringify(sortKeys(value), null, 2)}\n`;
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, inner]) => [key, sortKeys(inner)]),
  );
}
