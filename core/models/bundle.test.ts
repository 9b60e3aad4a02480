import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBundle, encodeBundle } from "./bundle.ts";
import type { BundleDescription, BundleFile } from "./bundle.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
import type { FactorModel } from "./servable.ts";

const model: FactorModel = {
  form: "factors",
  users: 3,
  items: 4,
  factors: 2,
  globalMean: 3.529_860_000_000_1,
  userBias: Float32Array.of(0.1, -0.25, 0),
  itemBias: Float32Array.of(1, 2, -3.5, 1e-20),
  userFactors: Float32Array.of(1, 2, 3, 4, 5, 6),
  itemFactors: Float32Array.of(0.5, -0.5, 0, 1, 2, 3, 4, -5),
  itemPopularity: Float32Array.of(3, 1, 0, 2),
  foldIn: { kind: "ridge", regularization: 0.02, biasRegularization: 0.01, biasShrinkage: 5 },
  predictsRatings: true,
  scale: { minimum: 0.5, maximum: 5 },
};
// UTF-8 order, which differs from JavaScript's own: U+FF5E sorts before U+1D49C in bytes.
const userIds = ["007", "7", "é"];
const itemIds = ["a", "b", "\uff5e", "\u{1d49c}"];
const description: BundleDescription = {
  algorithm: "biased-svd",
  hyperparameters: { factors: 2, learningRate: 0.005 },
  seed: 42,
  runId: "r1",
  snapshotId: "s1",
  splitId: "p1",
  refitOf: null,
  metrics: [
    {
      metric: "rmse",
      definition: "rmse-v1",
      value: 0.93,
      interval: { low: 0.92, high: 0.94, level: 0.95 },
      users: 3,
      higherIsBetter: false,
    },
  ],
  codeVersion: "0.1.0",
};
const files = encodeBundle({ model, userIds, itemIds, description });
const bytesOf = (name: BundleFile) => files.get(name) ?? new Uint8Array();
const withPart = (name: string, bytes: Uint8Array) => new Map<string, Uint8Array>([...files, [name, bytes]]);
const corrupt: unknown = expect.objectContaining({ code: "RB_CORRUPT" });

describe("a bundle", () => {
  it("comes back as it was, and the same model gives the same bytes", () => {
    const decoded = decodeBundle(files);
    expect(decoded.model).toEqual(model);
    expect(decoded.userIds).toEqual(userIds);
    expect(decoded.itemIds).toEqual(itemIds);
    expect(decoded.card).toMatchObject(description);
    expect(encodeBundle({ model, userIds, itemIds, description })).toEqual(files);
  });

  it("works without factors", () => {
    const { itemPopularity: _, ...rest } = model;
    const small: FactorModel = {
      ...rest,
      factors: 0,
      userFactors: new Float32Array(),
      itemFactors: new Float32Array(),
      foldIn: { kind: "none" },
    };
    expect(decodeBundle(encodeBundle({ model: small, userIds, itemIds, description })).model).toEqual(small);
  });

  it("is refused or equal after any change of bytes", () => {
    const change = fc.oneof(
      fc.record({ kind: fc.constant("flip" as const), at: fc.nat(), value: fc.integer({ min: 1, max: 255 }) }),
      fc.record({ kind: fc.constant("insert" as const), at: fc.nat(), value: fc.integer({ min: 0, max: 255 }) }),
      fc.record({ kind: fc.constant("cut" as const), at: fc.nat(), value: fc.integer({ min: 1, max: 40 }) }),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...files.keys()),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        (name, changes) => {
          let bytes = bytesOf(name);
          for (const { kind, at: anywhere, value } of changes) {
            const at = anywhere % Math.max(1, bytes.length);
            if (kind === "flip") bytes = bytes.map((byte, index) => (index === at ? byte ^ value : byte));
            else if (kind === "insert") bytes = Uint8Array.of(...bytes.subarray(0, at), value, ...bytes.subarray(at));
            else bytes = Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(at + value));
          }
          try {
            expect(decodeBundle(withPart(name, bytes))).toEqual(decodeBundle(files));
          } catch (error) {
            expect(error).toEqual(corrupt);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("is refused without one of its parts", () => {
    for (const name of files.keys())
      expect(() => decodeBundle(new Map([...files].filter(([other]) => other !== name)))).toThrow(corrupt);
  });

  // Somebody who can write the card can make every checksum right: what is inside is checked all the same.
  it.each([
    ["ids twice", "users.json", '["7","7","8"]'],
    ["ids out of order", "users.json", '["8","7","9"]'],
    ["too few ids", "users.json", '["7","8"]'],
    ["an id that is no string", "users.json", '["7","8",9]'],
    ["an empty id", "users.json", '["","7","8"]'],
    ["no list", "items.json", '{"0":"a"}'],
  ] as const)("is refused with %s, even with matching checksums", (_, name, text) => {
    expect(() => decodeBundle(resealed({ [name]: new TextEncoder().encode(text) }))).toThrow(corrupt);
  });

  it("is refused when tensors and card disagree, even with matching checksums", () => {
    expect(() => decodeBundle(resealed({}, { factors: 3 }))).toThrow(corrupt);
    expect(() => decodeBundle(resealed({}, { users: 6, factors: 1 }))).toThrow(corrupt);
    expect(() => decodeBundle(resealed({}, { scale: { minimum: 5, maximum: 1 } }))).toThrow(corrupt);
    expect(() => decodeBundle(resealed({}, { unknown: 1 }))).toThrow(corrupt);
    expect(decodeBundle(resealed({}, {})).model).toEqual(model);
  });

  it("is not written with numbers that are none", () => {
    const broken = { ...model, userBias: Float32Array.of(0, NaN, 0) };
    expect(() => encodeBundle({ model: broken, userIds, itemIds, description })).toThrow(
      expect.objectContaining({ code: "RB_TRAIN_DIVERGED" }),
    );
    expect(() => encodeBundle({ model, userIds: ["1"], itemIds, description })).toThrow(
      expect.objectContaining({ code: "RB_INTERNAL" }),
    );
  });
});

/** The bundle with parts and card fields replaced and all checksums made right again, written without the code under test. */
function resealed(
  parts: Partial<Record<BundleFile, Uint8Array>>,
  change: Record<string, unknown> = {},
): Map<string, Uint8Array> {
  const changed = new Map<string, Uint8Array>([...files, ...Object.entries(parts)]);
  const hash = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");
  const { cardSha256: _, ...card } = {
    ...(JSON.parse(new TextDecoder().decode(bytesOf("card.json"))) as Record<string, unknown>),
    ...change,
  } as Record<string, unknown>;
  const described = ["items.json", "model.safetensors", "users.json"].map((name) => {
    const bytes = changed.get(name) ?? new Uint8Array();
    return [name, { bytes: bytes.length, sha256: hash(bytes) }];
  });
  const sorted = (value: Record<string, unknown>) =>
    `${JSON.stringify(Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))), null, 2)}\n`;
  const open: Record<string, unknown> = { ...card, parts: Object.fromEntries(described) as unknown };
  return changed.set("card.json", new TextEncoder().encode(sorted({ ...open, cardSha256: hash(sorted(open)) })));
}

describe("safetensors", () => {
  const file = (header: unknown, data = new Uint8Array(16)) => {
    const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
    const bytes = new Uint8Array(8 + text.length + data.length);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
    bytes.set(text, 8);
    bytes.set(data, 8 + text.length);
    return bytes;
  };
  const tensor = (from: number, to: number, shape: number[], dtype = "F32") => ({
    dtype,
    shape,
    data_offsets: [from, to],
  });

  it("reads what it writes", () => {
    const tensors = new Map([
      ["a", { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
      ["empty", { shape: [0, 5], data: new Float32Array() }],
    ]);
    expect(decodeSafetensors(encodeSafetensors(tensors))).toEqual(tensors);
    expect(decodeSafetensors(file({ a: tensor(0, 16, [4]) })).get("a")?.data).toEqual(new Float32Array(4));
  });

  it.each([
    ["nothing", new Uint8Array(3)],
    ["a header longer than the file", Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 123, 125)],
    ["a header that is not JSON", file("{nonsense")],
    ["a header that is not UTF-8", Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe)],
    ["another dtype", file({ a: tensor(0, 16, [4], "F16") })],
    ["overlapping tensors", file({ a: tensor(0, 16, [4]), b: tensor(8, 16, [2]) })],
    ["a gap between tensors", file({ a: tensor(0, 4, [1]), b: tensor(8, 16, [2]) })],
    ["bytes after the last tensor", file({ a: tensor(0, 12, [3]) })],
    ["a tensor beyond the end", file({ a: tensor(0, 20, [5]) })],
    ["a shape that does not fit its bytes", file({ a: tensor(0, 16, [5]) })],
    ["a shape whose product overflows", file({ a: tensor(0, 16, [2 ** 40, 2 ** 40]) })],
    ["negative offsets", file({ a: tensor(-16, 0, [4]) })],
    ["an infinite value", file({ a: tensor(0, 16, [4]) }, new Uint8Array(Float32Array.of(1, Infinity, 0, 0).buffer))],
    [
      "a value that is not a number",
      file({ a: tensor(0, 16, [4]) }, new Uint8Array(Float32Array.of(1, 0, NaN, 0).buffer)),
    ],
  ])("refuses %s", (_, bytes) => {
    expect(() => decodeSafetensors(bytes)).toThrow(corrupt);
  });

  it("never does anything but read or refuse", () => {
    const original = encodeSafetensors(new Map([["a", { shape: [3], data: Float32Array.of(1, 2, 3) }]]));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(original.length), (noise, keep) => {
        try {
          for (const { data } of decodeSafetensors(Uint8Array.of(...original.subarray(0, keep), ...noise)).values()) {
            expect(data.every(Number.isFinite)).toBe(true);
          }
        } catch (error) {
          expect(error).toEqual(corrupt);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
