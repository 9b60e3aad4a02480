import { itemId, userId } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { decodeCard, encodeCard, hashBytes } from "./bundle-card.ts";
import type { BundleCard, BundlePart } from "./bundle-card.ts";
import { compareUtf8 } from "./id-list.ts";
import { modelOf, tensorsOf } from "./model-tensors.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
import type { ServableModel } from "./servable.ts";

export type { BundleCard } from "./bundle-card.ts";

/** A model with the names it was trained on. */
export interface Bundle {
  readonly model: ServableModel;
  /** By dense index; ascending in UTF-8 byte order. */
  readonly userIds: readonly string[];
  readonly itemIds: readonly string[];
  readonly card: BundleCard;
}

/** What the writer of a bundle must say; the rest of the card follows from the model. */
export type BundleDescription = Pick<
  BundleCard,
  "algorithm" | "hyperparameters" | "seed" | "runId" | "snapshotId" | "splitId" | "refitOf" | "metrics" | "codeVersion"
>;

/** The files of a bundle. Everything else in a folder is not part of it. */
export const bundleFiles = ["card.json", "items.json", "model.safetensors", "users.json"] as const;
export type BundleFile = (typeof bundleFiles)[number];

/** File name → bytes, deterministic. Throws RB_INTERNAL when the model's own arrays do not fit together. */
export function encodeBundle(
  bundle: Pick<Bundle, "model" | "userIds" | "itemIds"> & { readonly description: BundleDescription },
): Map<BundleFile, Uint8Array> {
  const { model, userIds, itemIds, description } = bundle;
  const { users, items, predictsRatings, scale } = model;
  const parts = new Map<BundlePart, Uint8Array>([
    ["model.safetensors", encodeModel(model)],
    ["users.json", encodeIds(userIds, users)],
    ["items.json", encodeIds(itemIds, items)],
  ]);
  const card: BundleCard = {
    format: "reelbench-bundle",
    ...formOf(model),
    users,
    items,
    predictsRatings,
    scale: { minimum: scale.minimum, maximum: scale.maximum },
    ...description,
    parts: {
      "model.safetensors": describePart(parts, "model.safetensors"),
      "users.json": describePart(parts, "users.json"),
      "items.json": describePart(parts, "items.json"),
    },
  };
  return new Map<BundleFile, Uint8Array>([["card.json", encodeCard(card)], ...parts]);
}

type FormOfCard<Card extends BundleCard = BundleCard> = Card extends BundleCard
  ? Omit<Card, "format" | "users" | "items" | "predictsRatings" | "scale" | "parts" | keyof BundleDescription>
  : never;

/** What the card says of the form, with the oldest format version that has it: who reads no newer one can still read this. */
function formOf(model: ServableModel): FormOfCard {
  switch (model.form) {
    case "factors": {
      const { form, factors, globalMean, foldIn, implicitFactors, timeEffects, intervals } = model;
      const plain = implicitFactors === undefined && timeEffects === undefined && intervals === undefined;
      const own = {
        formatVersion: plain ? (1 as const) : (2 as const),
        form,
        factors,
        globalMean,
        foldIn,
        ...(intervals && { noiseVariance: intervals.noise }),
      };
      if (timeEffects === undefined) return own;
      if (timeEffects.kind === "days")
        return { ...own, timeEffects: { kind: "days" as const, servingTime: timeEffects.servingTime } };
      const { kind, servingTime, start, bins, deviationScale } = timeEffects;
      return { ...own, timeEffects: { kind, servingTime, start, bins, deviationScale } };
    }
    case "item-weights": {
      const { form, input, weights } = model;
      return { formatVersion: 2, form, input, weights: weights.kind };
    }
    case "user-neighbours": {
      const { form, input, similarity, neighbours } = model;
      return { formatVersion: 2, form, input, similarity, neighbours };
    }
  }
}

/** The tensors of a model as safetensors bytes; a run's `modelHash` is their SHA-256. */
export function encodeModel(model: ServableModel): Uint8Array {
  const tensors = tensorsOf(model);
  for (const [name, { shape, data }] of tensors) {
    if (data.length !== shape.reduce((product, size) => product * size, 1)) {
      throw new ReelbenchError("RB_INTERNAL", `${name} has ${data.length} values for a shape of ${shape.join(" × ")}.`);
    }
    if (!data.every((value) => Number.isFinite(value)))
      throw new ReelbenchError("RB_TRAIN_DIVERGED", `${name} holds values that are not finite numbers.`);
  }
  return encodeSafetensors(tensors);
}

/**
 * Reads a bundle from anywhere. Sizes and SHA-256 of every part are checked before any number is used; then shapes,
 * finiteness, ids (present, unique, in order). Throws RB_CORRUPT naming the part.
 */
export function decodeBundle(files: ReadonlyMap<string, Uint8Array>): Bundle {
  const card = decodeCard(fileOf(files, "card.json"));
  const tensors = decodeSafetensors(checkedPart(files, card, "model.safetensors"));
  const userIds = decodeIds(checkedPart(files, card, "users.json"), "users.json", card.users, userId);
  const itemIds = decodeIds(checkedPart(files, card, "items.json"), "items.json", card.items, itemId);
  return { model: modelOf(card, tensors), userIds, itemIds, card };
}

function fileOf(files: ReadonlyMap<string, Uint8Array>, name: BundleFile): Uint8Array {
  const bytes = files.get(name);
  if (bytes === undefined) throw corrupt(`The bundle has no ${name}.`);
  return bytes;
}

function checkedPart(files: ReadonlyMap<string, Uint8Array>, card: BundleCard, name: BundlePart): Uint8Array {
  const bytes = fileOf(files, name);
  const expected = card.parts[name];
  if (bytes.length !== expected.bytes)
    throw corrupt(`${name} has ${bytes.length} bytes; the card says ${expected.bytes}.`);
  if (hashBytes(bytes) !== expected.sha256) throw corrupt(`${name} does not match its checksum.`);
  return bytes;
}

function describePart(parts: ReadonlyMap<BundlePart, Uint8Array>, name: BundlePart): { bytes: number; sha256: string } {
  const bytes = parts.get(name) ?? new Uint8Array();
  return { bytes: bytes.length, sha256: hashBytes(bytes) };
}

function encodeIds(ids: readonly string[], count: number): Uint8Array {
  if (ids.length !== count)
    throw new ReelbenchError("RB_INTERNAL", `The model counts ${count} ids, ${ids.length} were given.`);
  return new TextEncoder().encode(`${JSON.stringify(ids)}\n`);
}

function decodeIds(bytes: Uint8Array, name: BundlePart, count: number, schema: typeof userId): string[] {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw corrupt(`${name} is not JSON.`, error);
  }
  if (!Array.isArray(value) || value.length !== count) throw corrupt(`${name} is not a list of ${count} ids.`);
  let previous: string | undefined;
  return value.map((id: unknown) => {
    const parsed = schema.safeParse(id);
    if (!parsed.success) throw corrupt(`${name} holds something that is not an id.`);
    if (previous !== undefined && compareUtf8(previous, parsed.data) >= 0)
      throw corrupt(`The ids in ${name} are not unique and in byte order.`);
    previous = parsed.data;
    return parsed.data;
  });
}

function corrupt(message: string, cause?: unknown): ReelbenchError {
  return new ReelbenchError("RB_CORRUPT", message, { cause });
}
