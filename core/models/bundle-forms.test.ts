import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { denseWeightModel, neighbourModel, sparseWeightModel } from "../recommend/forms.fixture.ts";
import { decodeBundle, encodeBundle } from "./bundle.ts";
import type { BundleDescription, BundleFile } from "./bundle.ts";
import { encodeSafetensors } from "./safetensors.ts";
import type { Tensor } from "./safetensors.ts";
import type { ServableModel } from "./servable.ts";

const ids = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `${prefix}${String(n).padStart(2, "0")}`);
const description: BundleDescription = {
  algorithm: "slim",
  hyperparameters: {},
  seed: 1,
  runId: "r1",
  snapshotId: "s1",
  splitId: "p1",
  refitOf: null,
  metrics: [],
  codeVersion: "0.1.0",
};
const bundleOf = (model: ServableModel): Map<BundleFile, Uint8Array> =>
  encodeBundle({ model, userIds: ids("u", model.users), itemIds: ids("i", model.items), description });
const cardOf = (files: ReadonlyMap<string, Uint8Array>): Record<string, unknown> =>
  JSON.parse(new TextDecoder().decode(files.get("card.json"))) as Record<string, unknown>;
const corrupt: unknown = expect.objectContaining({ code: "RB_CORRUPT" });

describe.each([
  ["sparse weights", sparseWeightModel()],
  ["dense weights", denseWeightModel()],
  ["weights with a bias", sparseWeightModel({ itemBias: new Float32Array(15).fill(0.25) })],
  ["neighbours", neighbourModel()],
])("a bundle of %s", (_, model) => {
  it("comes back as it was, the same bytes each time, and needs readers of version 2", () => {
    const files = bundleOf(model);
    expect(decodeBundle(files).model).toEqual(model);
    expect(bundleOf(model)).toEqual(files);
    expect(cardOf(files)["formatVersion"]).toBe(2);
    expect(() => decodeBundle(resealed(files, undefined, { formatVersion: 1 }))).toThrow(corrupt);
  });

  it("is refused cut off anywhere, with checksums made right", () => {
    const files = bundleOf(model);
    const tensors = files.get("model.safetensors") ?? new Uint8Array();
    for (let length = 0; length < tensors.length; length += 97)
      expect(() => decodeBundle(resealed(files, tensors.subarray(0, length)))).toThrow(corrupt);
  });
});

describe("tensors that lie, with checksums made right,", () => {
  const model = sparseWeightModel();
  const { weights } = model;
  if (weights.kind !== "sparse") throw new Error("It is sparse.");
  const entries = weights.item.length;
  const honest: Record<string, Tensor> = {
    weight_start: { shape: [16], data: weights.start },
    weight_item: { shape: [entries], data: weights.item },
    weight: { shape: [entries], data: weights.weight },
  };
  const changed = (array: Int32Array, at: number, value: number): Int32Array => {
    const copy = array.slice();
    copy[at] = value;
    return copy;
  };
  const read = (tensors: Record<string, Tensor>, card: Record<string, unknown> = {}) =>
    decodeBundle(resealed(bundleOf(model), encodeSafetensors(new Map(Object.entries(tensors))), card)).model;

  it("are told from those that do not", () => {
    const { itemPopularity: _, ...expected } = model;
    expect(read(honest)).toEqual(expected);
  });

  it.each<[string, Record<string, Tensor>]>([
    ["an item beyond the last", { weight_item: { shape: [entries], data: changed(weights.item, 3, 15) } }],
    ["a negative item", { weight_item: { shape: [entries], data: changed(weights.item, 0, -1) } }],
    ["an item twice in a row", { weight_item: { shape: [entries], data: changed(weights.item, 1, weights.item[0]!) } }],
    ["a row that ends before it begins", { weight_start: { shape: [16], data: changed(weights.start, 5, 0) } }],
    ["a row beyond the end", { weight_start: { shape: [16], data: changed(weights.start, 5, 2 ** 31 - 1) } }],
    ["rows that do not begin at 0", { weight_start: { shape: [16], data: changed(weights.start, 0, 1) } }],
    ["rows that end too early", { weight_start: { shape: [16], data: changed(weights.start, 15, entries - 1) } }],
    ["one row too few", { weight_start: { shape: [15], data: weights.start.slice(0, 15) } }],
    ["fewer weights than items", { weight: { shape: [entries - 1], data: weights.weight.slice(1) } }],
    [
      "a weight that is no number",
      { weight: { shape: [entries], data: weights.weight.map((w, n) => (n === 4 ? NaN : w)) } },
    ],
    [
      "an infinite weight",
      { weight: { shape: [entries], data: weights.weight.map((w, n) => (n === 4 ? Infinity : w)) } },
    ],
    ["items that are float32", { weight_item: { shape: [entries], data: Float32Array.from(weights.item) } }],
    ["weights that are int32", { weight: { shape: [entries], data: new Int32Array(entries) } }],
    ["a tensor nobody asked for", { extra: { shape: [1], data: new Float32Array(1) } }],
  ])("%s: refused", (_, change) => {
    expect(() => read({ ...honest, ...change })).toThrow(corrupt);
  });

  it.each([
    ["dense where the card says sparse", {}, { weights: "dense" }],
    ["another number of items", {}, { items: 14 }],
    ["no such input", {}, { input: { kind: "cube" } }],
    ["another form's fields", {}, { factors: 3 }],
    ["another form", {}, { form: "user-neighbours" }],
  ])("a card with %s: refused", (_, change, card) => {
    expect(() => read({ ...honest, ...change }, card)).toThrow(corrupt);
  });

  it("is no number of neighbours", () => {
    const files = bundleOf(neighbourModel());
    for (const card of [
      { neighbours: 0 },
      { neighbours: 1.5 },
      { similarity: { asymmetry: 2, shrinkage: 0 } },
      { similarity: { asymmetry: 0.5, shrinkage: -1 } },
    ])
      expect(() => decodeBundle(resealed(files, undefined, card))).toThrow(corrupt);
  });
});

/** With another model file and other card fields, all checksums made right without the code under test. */
function resealed(
  files: ReadonlyMap<string, Uint8Array>,
  tensors: Uint8Array | undefined,
  change: Record<string, unknown> = {},
): Map<string, Uint8Array> {
  const hash = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");
  const model = tensors ?? files.get("model.safetensors") ?? new Uint8Array();
  const { cardSha256: _, ...card } = cardOf(files);
  const parts = {
    ...(card["parts"] as Record<string, unknown>),
    "model.safetensors": { bytes: model.length, sha256: hash(model) },
  };
  const open: Record<string, unknown> = { ...card, ...change, parts };
  const sorted = (value: unknown): unknown =>
    value === null || typeof value !== "object" || Array.isArray(value)
      ? value
      : Object.fromEntries(
          Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, inner]) => [key, sorted(inner)]),
        );
  const text = (value: unknown) => `${JSON.stringify(sorted(value), null, 2)}\n`;
  return new Map<string, Uint8Array>([
    ...files,
    ["model.safetensors", model],
    ["card.json", new TextEncoder().encode(text({ ...open, cardSha256: hash(text(open)) }))],
  ]);
}
