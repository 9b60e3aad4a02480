import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
import type { Tensor } from "./safetensors.ts";
import { readTensors } from "./tensor-stream.ts";

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const values = (length: number, from: number) => Float32Array.from({ length }, (_, n) => Math.sin(from + n) * 100);

test("rows that are picked from pieces of any size are those of the whole", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 12 }),
      fc.integer({ min: 0, max: 7 }),
      fc.integer({ min: 1, max: 90 }),
      fc.array(fc.integer({ min: 0, max: 11 })),
      async (users, factors, size, wanted) => {
        const tensors = new Map<string, Tensor>([
          ["user_factors", { shape: [users, factors], data: values(users * factors, 0) }],
          ["item_factors", { shape: [5, factors], data: values(5 * factors, 1000) }],
          ["days", { shape: [4], data: Int32Array.of(1, -2, 3, 4) }],
          ["user_bias", { shape: [users], data: values(users, 2000) }],
        ]);
        const bytes = encodeSafetensors(tensors);
        const rows = Int32Array.from([...new Set(wanted)].filter((u) => u < users).sort((a, b) => a - b));
        const kept = await readTensors(inPieces(bytes, size), bytes.length, (name) =>
          name.startsWith("user") ? rows : "all",
        );
        const whole = decodeSafetensors(bytes);
        const rowsOf = (name: string, width: number) =>
          Float32Array.from(
            [...rows].flatMap((u) => [...(whole.get(name)?.data.subarray(u * width, (u + 1) * width) ?? [])]),
          );
        expect(kept.get("item_factors")).toEqual(whole.get("item_factors"));
        expect(kept.get("days")).toEqual(whole.get("days"));
        expect(kept.get("user_factors")).toEqual({
          shape: [rows.length, factors],
          data: rowsOf("user_factors", factors),
        });
        expect(kept.get("user_bias")).toEqual({ shape: [rows.length], data: rowsOf("user_bias", 1) });
      },
    ),
  );
});

test("a header whose length is no multiple of four, as other programs write it, moves the numbers and changes none", async () => {
  const text = `{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}`;
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(text.length));
  const bytes = Buffer.concat([head, Buffer.from(text), Buffer.from(Float32Array.of(1, 2, 3).buffer)]);
  const kept = await readTensors(inPieces(bytes, 5), bytes.length, () => Int32Array.of(2));
  expect(kept.get("a")?.data).toEqual(Float32Array.of(3));
});

test("a number that is not finite in a row that nobody wants, and a file cut short, are refused all the same", async () => {
  const bytes = encodeSafetensors(new Map([["a", { shape: [3, 1], data: Float32Array.of(1, NaN, 3) }]]));
  await expect(readTensors(inPieces(bytes, 9), bytes.length, () => Int32Array.of(0))).rejects.toMatchObject({
    code: "RB_CORRUPT",
  });
  const whole = encodeSafetensors(new Map([["a", { shape: [3], data: Float32Array.of(1, 2, 3) }]]));
  const short = whole.subarray(0, whole.length - 4);
  await expect(readTensors(inPieces(short, 9), short.length, () => "all")).rejects.toMatchObject({
    code: "RB_CORRUPT",
  });
  await expect(readTensors(inPieces(short.subarray(0, 20), 9), 20, () => "all")).rejects.toMatchObject({
    code: "RB_CORRUPT",
  });
});
