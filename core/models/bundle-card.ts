import { createHash } from "node:crypto";
import { z } from "zod";
import { entityId, hyperparameters, metricValue, sha256 } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";

export const bundleFormatVersion = 1;

/** zod lets no infinite number and no NaN through. */
const finite = z.number();

const foldIn = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("ridge"),
    regularization: finite.nonnegative(),
    biasRegularization: finite.nonnegative(),
    biasShrinkage: finite.nonnegative().optional(),
  }),
  z.strictObject({ kind: z.literal("projection"), center: finite }),
  z.strictObject({
    kind: z.literal("implicit"),
    unobservedWeight: finite.positive(),
    regularization: finite.positive(),
    frequencyExponent: finite.nonnegative(),
    items: z.int().nonnegative(),
    positiveFrom: finite,
  }),
  z.strictObject({ kind: z.literal("none") }),
]);

export const bundlePart = z.enum(["model.safetensors", "users.json", "items.json"]);
export type BundlePart = z.infer<typeof bundlePart>;

/** What a person or another program should know of a model before using it. */
export const bundleCard = z.strictObject({
  format: z.literal("reelbench-bundle"),
  formatVersion: z.literal(bundleFormatVersion),
  algorithm: entityId,
  hyperparameters,
  seed: z.int().nonnegative(),
  /** score(u, i) = globalMean + user_bias[u] + item_bias[i] + user_factors[u] · item_factors[i] */
  form: z.literal("factors"),
  users: z.int().nonnegative(),
  items: z.int().nonnegative(),
  factors: z.int().nonnegative(),
  globalMean: finite,
  foldIn,
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
});
export type BundleCard = z.infer<typeof bundleCard>;

const sealedCard = bundleCard.extend({ cardSha256: sha256 });

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
