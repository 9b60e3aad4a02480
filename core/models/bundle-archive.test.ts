import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { archiveBytes, archivePieces } from "./bundle-archive.ts";

const files = new Map([
  ["card.json", Buffer.from('{"a":1}\n')],
  ["model.safetensors", Buffer.alloc(1300, 7)],
  ["empty.json", Buffer.alloc(0)],
  ["full.json", Buffer.alloc(1024, 9)],
]);
const entries = [...files].map(([name, bytes]) => ({ name, bytes: bytes.length }));

function fetched(step: number): Buffer {
  const total = archiveBytes(entries);
  const parts: Uint8Array[] = [];
  for (let from = 0; from < total; from += step)
    for (const piece of archivePieces("a-model", entries, from, Math.min(step, total - from)))
      parts.push(
        "bytes" in piece
          ? piece.bytes
          : (files.get(piece.name)?.subarray(piece.from, piece.from + piece.length) ?? Buffer.alloc(0)),
      );
  return Buffer.concat(parts);
}

it("is the same archive in pieces of any size", () => {
  const whole = fetched(1_000_000);
  expect(whole.length).toBe(archiveBytes(entries));
  for (const step of [1, 7, 511, 512, 513, 2000]) expect(fetched(step).equals(whole)).toBe(true);
});

it("is unpacked by the system's tar, byte for byte", () => {
  const folder = mkdtempSync(join(tmpdir(), "reelbench-archive-"));
  try {
    writeFileSync(join(folder, "model.tar"), fetched(777));
    execFileSync("tar", ["-xf", "model.tar"], { cwd: folder });
    for (const [name, bytes] of files) expect(readFileSync(join(folder, "a-model", name)).equals(bytes)).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
